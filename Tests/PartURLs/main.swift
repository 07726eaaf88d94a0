// Signs the parts of one upload, for the benchmarks: COUNT URLs for a time, as a batch would answer them.
// Prints nanoseconds of CPU, bytes, and the last URL.
internal import Glibc
import S3Authorization

func cpu() -> Int {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
}

let words = CommandLine.arguments
guard words.count == 8, let count = Int(words[7]), let lifetime = PresignedQuery.Lifetime(seconds: 300) else {
    print("usage: PartURLs TIME REGION KEY_ID SECRET KEY UPLOAD_ID COUNT")
    exit(2)
}
let credentials = Credentials(accessKeyID: ByteString(words[3]), secret: Secret(words[4]))
let signer = try Signer(credentials: credentials, region: ByteString(words[2]))
let time = try SigningTime(parsing: ByteString(words[1]), as: .basic)
let endpoint = try Endpoint(parsing: ByteString("https://s3.\(words[2]).amazonaws.com"))
let start = cpu()
let parts = try PartURLs(
    bucket: "uploads", key: ByteString(words[5]), uploadID: ByteString(words[6]), endpoint: endpoint,
    addressing: .virtual, signer: signer, time: time, lifetime: lifetime)
var bytes = 0
var last: ByteString = ""
for number in 1...max(1, count) {
    last = parts.url(ofPart: number)
    bytes += last.count
}
print(cpu() - start, bytes, last)
