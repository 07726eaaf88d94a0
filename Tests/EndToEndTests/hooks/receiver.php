<?php
// Countersign calls this page when an upload is complete: [hook] url = "https://www.example.org/receiver.php".
// Answer 2xx to take the upload (a JSON object is passed on to the page), 422 with {"error": "…"} to refuse it.
// Anything else, a crash included, means: ask again later.
declare(strict_types=1);

/** The event, or null where the call was not signed with our secret: Standard Webhooks' scheme. */
function verified_event(string $body, array $headers, string $secret, int $now): ?array
{
    $id = $headers['HTTP_WEBHOOK_ID'] ?? '';
    $time = $headers['HTTP_WEBHOOK_TIMESTAMP'] ?? '';
    $signatures = $headers['HTTP_WEBHOOK_SIGNATURE'] ?? '';
    if (!ctype_digit($time) || abs($now - (int) $time) > 300) {
        return null; // older than five minutes: a replay
    }
    $key = str_starts_with($secret, 'whsec_') ? base64_decode(substr($secret, 6), true) : $secret;
    $expected = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$time.$body", $key, true));
    foreach (explode(' ', $signatures) as $signature) {
        if (hash_equals($expected, $signature)) {
            return json_decode($body, true, 32, JSON_THROW_ON_ERROR);
        }
    }
    return null;
}

$secret = rtrim(file_get_contents(getenv('HOOK_SECRET_FILE') ?: '/etc/countersign/hook.key'), "\r\n");
$event = verified_event(file_get_contents('php://input'), $_SERVER, $secret, time());
header('Content-Type: application/json');
if ($event === null) {
    http_response_code(401);
    exit('{"error": "bad signature"}');
}

// The same upload may be told of more than once, always with this id: do the work once, give the same answer.
$id = $_SERVER['HTTP_WEBHOOK_ID'];
$upload = $event['data'];
if (str_ends_with(strtolower($upload['name']), '.exe')) {
    http_response_code(422);
    exit(json_encode(['error' => 'Programs are not welcome here']));
}
echo json_encode(['photo' => substr(hash('sha256', $id), 0, 8), 'thumbnailUrl' => '/thumbnails/' . rawurlencode($upload['key'])]);
