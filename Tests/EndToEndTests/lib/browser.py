"""Chromium, driven over WebDriver; a profile of its own for each user."""

import time
from urllib.parse import quote, urlencode

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

from processes import free_port, is_root, remove, temporary_directory
from servers import PASSWORD

PATIENCE = 60


class Browsers:
    """One Chromium at a time: tests of one user share it, another user gets a fresh one."""

    def __init__(self):
        self.user = self.driver = self.profile = None

    def of(self, user):
        if self.user != user:
            self.close()
            self.profile = temporary_directory()
            options = Options()
            options.binary_location = "/usr/bin/chromium"
            for argument in ("--headless=new", f"--user-data-dir={self.profile}/profile", "--disable-gpu",
                             "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
                             "--disable-component-update", "--no-proxy-server"):
                options.add_argument(argument)
            if is_root():
                options.add_argument("--no-sandbox")
            options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
            self.driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver", port=free_port()), options=options)
            self.driver.set_page_load_timeout(PATIENCE)
            self.user = user
        return self.driver

    def close(self):
        if self.driver:
            self.driver.quit()
            remove(self.profile)
        self.user = self.driver = None


class UploadPage:
    """The uploader's page, opened by a user who has logged in."""

    def __init__(self, browsers, site, user="frodo", **asked):
        self.driver = browsers.of(user)
        scheme, host = site.url.split("://")
        # The first visit logs in, as the browser's dialog would; the page itself then has an address without a name,
        # or Fine Uploader would put the name into the address that S3 shall return to.
        self.driver.get(f"{scheme}://{quote(user, safe='')}:{quote(PASSWORD)}@{host}/login.html")
        self.driver.get(f"{site.url}/?{urlencode(asked)}")
        self.wait_for("return document.getElementById('who').textContent !== ''")

    def wait_for(self, script):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            result = self.driver.execute_script(script)
            if result:
                return result
            time.sleep(0.05)
        raise AssertionError(f"not within {PATIENCE} s: {script}\n{self.console()}")

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def console(self):
        return "\n".join(entry["message"] for entry in self.driver.get_log("browser"))

    def upload(self, path):
        """Chooses a file as a user does, and waits for what becomes of it."""
        before = self.run("return uploads.length")
        self.choose(path)
        self.wait_for(f"return uploads.length > {before}")
        return self.run("return uploads[uploads.length - 1]")

    def choose(self, path):
        self.driver.find_element(By.CSS_SELECTOR, "#uploader input[type=file]").send_keys(str(path))

    def shown(self):
        """The text that the user sees beside the last file."""
        return self.driver.find_elements(By.CSS_SELECTOR, ".qq-upload-list-selector li")[-1].text

    def text(self):
        return self.driver.find_element(By.TAG_NAME, "body").text
