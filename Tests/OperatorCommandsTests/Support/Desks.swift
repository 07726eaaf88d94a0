import S3Authorization
import UploadService

@testable import OperatorCommands

/// Configurations as a site would write them.
enum Desks {
    static let toml = """
        [server]
        url = "https://www.example.org"
        origins = ["https://app.example.org"]

        [s3]
        endpoint = "https://s3.eu-central-1.amazonaws.com"
        region = "eu-central-1"

        [uploads]
        bucket = "example-uploads"
        acl = "bucket-owner-full-control"
        access_key_id = "AKIAUPLOADS"
        secret_access_key = "\(uploadsSecret)"

        [storage]
        bucket = "example-storage"
        access_key_id = "AKIASTORAGE"
        secret_access_key = "\(storageSecret)"

        [rules]
        max_size = "100MiB"
        signature_versions = [4]
        """
    static let uploadsSecret = "uploads-secret-uploads-secret"
    static let storageSecret = "storage-secret-storage-secret"

    static func configuration(_ change: (String) -> String = { $0 }) throws -> Configuration {
        let text = change(toml)
        let loaded = try Configuration.load(file: "countersign.toml", environment: [:]) { _ in
            .success(ConfigurationFile(bytes: Array(text.utf8)))
        }
        return loaded.configuration
    }

    static func desk(_ change: (String) -> String = { $0 }) throws -> Desk {
        try Desk(try configuration(change), .real)
    }
}

/// The clients of these tests sign with code of their own, as real ones do.
enum Client {
    static let now: Int64 = 1_900_000_000
    static let time = try? SigningTime(secondsSince1970: now)

    static func hmac(_ key: [UInt8], _ text: ByteString) -> [UInt8] {
        HMACSHA256Key(key).authenticationCode(for: text)
    }

    static func stringToSign(_ canonical: ByteString, date: String, scope: String) -> ByteString {
        ByteString(
            "AWS4-HMAC-SHA256\n\(date)\n\(scope)\n\(Hexadecimal.encode(SHA256.digest(of: Array(canonical.bytes))))")
    }

    /// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
    static func signature(_ text: ByteString, secret: String, scope: String) -> ByteString {
        var key = Array("AWS4\(secret)".utf8)
        for part in scope.split(separator: "/") { key = hmac(key, ByteString(String(part))) }
        return Hexadecimal.encode(hmac(key, text))
    }
}
