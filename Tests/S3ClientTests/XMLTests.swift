import S3Authorization
import Testing

@testable import S3Client

@Suite struct XMLTests {
    @Test(
        arguments: [
            ("<a><ETag>x</ETag></a>", "x"),
            (
                "<?xml version=\"1.0\"?>\n  \n<a xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><ETag>x</ETag></a>\n",
                "x"
            ),
            ("  \n\n<?xml version='1.0' encoding='UTF-8'?><a><ETag> x\n</ETag></a>", "x"),
            ("<a><!-- <ETag>y</ETag> --><ETag>x</ETag></a>", "x"), ("<a><ETag>x<!-- y --></ETag></a>", "x"),
            ("<!-- before --><a b = 'c' d=\"e>f\" ><ETag >x</ETag ></a><!-- after -->", "x"),
            ("<a><ETag>&quot;x&quot;</ETag></a>", "\"x\""),
            ("<a><ETag>&#34;&#x22;&apos;&lt;&gt;&amp;</ETag></a>", "\"\"'<>&"),
            ("<a><ETag>&amp;lt;</ETag></a>", "&lt;"), ("<a><ETag>&#x20AC;ä</ETag></a>", "€ä"),
            ("<a><ETag/></a>", ""), ("<a><ETag></ETag><b/></a>", ""),
            ("<a><b><ETag>y</ETag></b><ETag>x</ETag></a>", "x"),
        ]) func `what S3 writes is read`(document: String, text: String) throws
    {
        let root = try XMLElement(parsing: Array(document.utf8))
        #expect(root.name == "a")
        #expect(root.text(of: "ETag") == ByteString(text))
    }

    @Test(
        arguments: [
            ("", XMLError.unexpectedEnd), ("   ", .unexpectedEnd), ("<a>", .unexpectedEnd),
            ("<a><b></b>", .unexpectedEnd),
            ("<a", .unexpectedEnd), ("<a b", .unexpectedEnd), ("<a b='", .unexpectedEnd), ("</a>", .structure),
            ("<a></b>", .structure), ("<a/><b/>", .structure), ("<a/>x", .structure), ("x<a/>", .structure),
            ("<a><b></a></b>", .structure), ("<!DOCTYPE a><a/>", .syntax(at: 1)),
            ("<a><![CDATA[<ETag>x</ETag>]]></a>", .syntax(at: 4)), ("<a><?php x ?></a>", .syntax(at: 4)),
            ("<a/><?xml version='1.0'?>", .syntax(at: 5)), ("<a><!-- x -- y --></a>", .syntax(at: 10)),
            ("<a><!-- x", .unexpectedEnd), ("<a>&b;</a>", .entity(at: 3)), ("<a>&#0;</a>", .entity(at: 3)),
            ("<a>&#xD800;</a>", .entity(at: 3)), ("<a>&#x110000;</a>", .entity(at: 3)), ("<a>&amp</a>", .entity(at: 3)),
            ("<a>&</a>", .entity(at: 3)), ("<a>&#+5;</a>", .entity(at: 3)), ("<a>&#x+5;</a>", .entity(at: 3)),
            ("<a b=c/>", .syntax(at: 5)), ("<a b='<'/>", .syntax(at: 5)), ("<1/>", .syntax(at: 1)),
            ("< a/>", .syntax(at: 1)),
            ("<a>\0</a>", .syntax(at: 3)), ("<a b='c'd='e'/>", .syntax(at: 8)), ("<?xml version='1.0'", .unexpectedEnd),
        ]) func `anything else is refused`(document: String, error: XMLError)
    {
        #expect(throws: error) { try XMLElement(parsing: Array(document.utf8)) }
    }

    @Test func `bytes that are not UTF-8 are refused`() {
        #expect(throws: XMLError.notUTF8) { try XMLElement(parsing: [0x3c, 0x61, 0x3e, 0xff, 0x3c, 0x2f, 0x61, 0x3e]) }
    }

    @Test func `depth and number are bounded`() throws {
        let deep = { (count: Int) in
            Array((String(repeating: "<a>", count: count) + String(repeating: "</a>", count: count)).utf8)
        }
        #expect(try XMLElement(parsing: deep(8)).elements.count == 1)
        #expect(throws: XMLError.tooDeep) { try XMLElement(parsing: deep(9)) }
        let many = Array(("<a>" + String(repeating: "<b/>", count: 50_000) + "</a>").utf8)
        #expect(throws: XMLError.tooMany) { try XMLElement(parsing: many) }
    }

    @Test func `two elements of one name have no one text`() throws {
        let root = try XMLElement(parsing: Array("<a><ETag>x</ETag><ETag>y</ETag></a>".utf8))
        #expect(root.text(of: "ETag") == nil)
    }

    @Test func `no cut of an answer is an answer`() throws {
        let whole = Array("<?xml version=\"1.0\"?><a><!--c--><ETag>&quot;x&quot;</ETag><b c='d'/></a>".utf8)
        #expect(throws: Never.self) { try XMLElement(parsing: whole) }
        for length in 0..<whole.count {
            #expect(throws: XMLError.self) { try XMLElement(parsing: Array(whole[..<length])) }
        }
    }

    @Test(
        arguments: [
            ("\"abc\"", "abc"), ("abc", "abc"), ("W/\"abc\"", "abc"), ("\"0f-12\"", "0f-12"), (" \"a\" ", "a"),
            ("*", nil), ("\"*\"", nil), ("\"a\", \"b\"", nil), ("", nil), ("\"\"", nil), ("\"a", nil), ("a\r\nb", nil),
            ("a b", nil), ("\"", nil), ("<a>", nil),
        ] as [(String, String?)]) func `a tag is one tag`(text: String, tag: String?)
    {
        #expect(ETag(parsing: ByteString(text))?.description == tag)
    }
}
