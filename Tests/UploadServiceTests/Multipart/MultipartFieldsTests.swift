import S3Authorization
import S3Client
import Testing

@testable import UploadService

/// What clients say in the bodies and queries of uploads in parts.
struct MultipartFieldsTests {
    private func message<Value>(_ body: () throws(RequestError) -> Value) -> String? {
        do {
            _ = try body()
            return nil
        } catch {
            return error.message
        }
    }

    @Test(
        arguments: [
            ("1", [1]), ("10000", [10_000]), ("3,1,2,1", [1, 2, 3]), ("1-3", [1, 2, 3]), ("7,2-4,4-4", [2, 3, 4, 7]),
            ("007", [7]), ("", nil), ("0", nil), ("10001", nil), ("1,", nil), (",1", nil), ("1,,2", nil), ("-1", nil),
            ("3-1", nil), ("1-", nil), ("1-2-3", nil), ("1.5", nil), ("a", nil), (" 1", nil), ("1-10001", nil),
            ("99999999999999999999", nil),
        ] as [(ByteString, [Int]?)])
    func partNumbers(text: ByteString, expected: [Int]?) {
        #expect(PartNumbers(text)?.all == expected)
    }

    @Test func allPartNumbers() {
        #expect(PartNumbers("1-10000")?.all == Array(1...10_000))
        #expect(PartNumbers("1-10000,5")?.all.count == 10_000)
    }

    @Test(arguments: ["", "{}", #"{"parts": null}"#, #"{"other": [1]}"#])
    func noList(json: String) throws {
        #expect(try PostedParts(json: Array(json.utf8)).parts == nil)
    }

    @Test(arguments: [#""\"ab12\"""#, #""ab12""#]) func quotedAndBareTags(tag: String) throws {
        let json = #"{"parts":[{"ETag":\#(tag),"PartNumber":2,"Size":5},{"PartNumber":1,"ETag":"cd-3"}]}"#
        let posted = try PostedParts(json: Array(json.utf8))
        let (one, two) = try (#require(ETag(parsing: "cd-3")), #require(ETag(parsing: "ab12")))
        #expect(posted.parts == [UploadedPart(number: 2, etag: two), UploadedPart(number: 1, etag: one)])
        let present = [UploadedPart(number: 1, etag: one, size: 7), UploadedPart(number: 2, etag: two, size: 8)]
        let more = present + [UploadedPart(number: 3, etag: two, size: 9)]
        #expect(try posted.chosen(from: more) == present)
        let reason = message { () throws(RequestError) in try posted.chosen(from: [present[0]]) }
        #expect(reason == "Part 2 is not there, or has another ETag")
        let others = [present[0], UploadedPart(number: 2, etag: one, size: 8)]
        #expect(message { () throws(RequestError) in try posted.chosen(from: others) } == reason)
    }

    @Test func twice() throws {
        let json = #"{"parts":[{"ETag":"a","PartNumber":1},{"ETag":"a","PartNumber":1}]}"#
        let posted = try PostedParts(json: Array(json.utf8))
        let part = UploadedPart(number: 1, etag: try #require(ETag(parsing: "a")))
        #expect(
            message { () throws(RequestError) in try posted.chosen(from: [part]) } == "Part 1 is named twice")
    }

    @Test(arguments: [
        #"{"parts":[]}"#, #"{"parts":{}}"#, #"{"parts":"1"}"#, #"{"parts":[1]}"#, #"{"parts":[{}]}"#,
        #"{"parts":[{"PartNumber":1}]}"#, #"{"parts":[{"ETag":"a"}]}"#, #"{"parts":[{"ETag":"a","PartNumber":"1"}]}"#,
        #"{"parts":[{"ETag":1,"PartNumber":1}]}"#, #"{"parts":[{"ETag":"a","PartNumber":0}]}"#,
        #"{"parts":[{"ETag":"a","PartNumber":1.5}]}"#, #"{"parts":[{"ETag":"","PartNumber":1}]}"#,
        #"{"parts":[{"ETag":"*\"","PartNumber":1}]}"#, #"{"parts":[{"ETag":"a</ETag>","PartNumber":1}]}"#,
    ])
    func noParts(json: String) {
        #expect(
            message { () throws(RequestError) in try PostedParts(json: Array(json.utf8)) }
                == "s3: `parts` must be an array of {ETag, PartNumber} objects.")
    }

    @Test(arguments: ["x", #"{"parts":[{"ETag":"a","PartNumber":1}]"#, #"{"parts":null}x"#])
    func noJSON(json: String) {
        let message = message { () throws(RequestError) in try PostedParts(json: Array(json.utf8)) }
        #expect(message?.hasPrefix("Malformed JSON") == true)
    }

    @Test(
        arguments: [
            (#"{"name":"a.txt","size":5,"public":true,"none":null}"#, ["name: a.txt", "size: 5", "public: true"]),
            (#"{"relativePath":"a/b","X.y_z-1":""}"#, ["relativepath: a/b", "x.y_z-1: "]),
            (#"{"name":"é"}"#, ["name: =?UTF-8?B?w6k=?="]),
            (#"{"name":"a\nb"}"#, ["name: =?UTF-8?B?YQpi?="]),
            (
                #"{"a":" x","b":"x ","c":"x  y","d":"x y"}"#,
                [
                    "a: =?UTF-8?B?IHg=?=", "b: =?UTF-8?B?eCA=?=", "c: =?UTF-8?B?eCAgeQ==?=", "d: x y",
                ]
            ),
            (#"{"name":"=?UTF-8?B?w6k=?="}"#, ["name: =?UTF-8?B?PT9VVEYtOD9CP3c2az0/PQ==?="]),
            ("{}", []),
        ] as [(String, [String])])
    func metadata(json: String, expected: [String]) throws {
        let headers = try UploadMetadata(json: Array(json.utf8)).headers
        #expect(headers.map { "\($0.name): \($0.value)" } == expected.map { "x-amz-meta-\($0)" })
    }

    @Test(arguments: [
        (#"{"a b":"x"}"#, "'a b' can't be the name"), (#"{"":"x"}"#, "'' can't be the name"),
        (#"{"é":"x"}"#, "'é' can't be the name"), (#"{"a\r\nx-amz-acl":"x"}"#, "can't be the name"),
        (#"{"a:b":"x"}"#, "can't be the name"), (#"{"user[name]":"x"}"#, "can't be the name"),
        (#"{"a":"x","A":"y"}"#, "'A' is there twice"), (#"{"a":[1]}"#, "'a' should be a text"),
        (#"{"a":{}}"#, "'a' should be a text"), ("[]", "should be an object"), (#""x""#, "should be an object"),
        (#"{"a":"\#(String(repeating: "x", count: 2048))"}"#, "at most 2048 bytes"),
        (#"{"a":"\#(String(repeating: "é", count: 800))"}"#, "at most 2048 bytes"),
    ])
    func wrongMetadata(json: String, expected: String) {
        let message = message { () throws(RequestError) in try UploadMetadata(json: Array(json.utf8)) }
        #expect(message?.contains(expected) == true, "\(message ?? "nothing")")
    }

    @Test(
        arguments: [
            (#"{"filename":"a.txt"}"#, nil, nil), (#"{"filename":"a.txt","type":null,"metadata":null}"#, nil, nil),
            (#"{"filename":"a.txt","type":"","size":null}"#, nil, nil),
            (#"{"filename":"a.txt","type":"image/png","size":5}"#, "image/png", 5),
            (#"{"filename":"a.txt","size":"5","metadata":{"a":"b"},"more":{}}"#, nil, 5),
        ] as [(String, ByteString?, UInt64?)])
    func wishes(json: String, type: ByteString?, size: UInt64?) throws {
        let wish = try MultipartWish(json: Array(json.utf8))
        #expect(wish.fileName == "a.txt" && wish.type == type && wish.size == size)
    }

    @Test(arguments: [
        ("{}", "s3: the \"filename\" field is required and must be a non-empty string"),
        (#"{"filename":""}"#, "s3: the \"filename\" field is required and must be a non-empty string"),
        (#"{"filename":1}"#, "s3: the \"filename\" field is required and must be a non-empty string"),
        (#"{"filename":"a","type":1}"#, "s3: content type must be a string"),
        (#"{"filename":"a\nb"}"#, "The file name should not have control characters"),
        (#"{"filename":"a","size":-1}"#, "The size should be a whole number of bytes"),
        (#"{"filename":"a","size":1.5}"#, "The size should be a whole number of bytes"),
        (#"{"filename":"a","size":"x"}"#, "The size should be a whole number of bytes"),
        (#"{"filename":"a","metadata":[]}"#, "The metadata should be an object"),
    ])
    func wrongWishes(json: String, expected: String) {
        #expect(message { () throws(RequestError) in try MultipartWish(json: Array(json.utf8)) } == expected)
    }
}
