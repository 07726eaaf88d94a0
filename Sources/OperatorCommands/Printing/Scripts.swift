internal import S3Authorization
internal import UploadService

/// Where a page finds the upload desk.
struct DeskURL {
    let desk: Desk

    /// A path on the same site; an address of its own where other origins call.
    func path(_ route: String) -> String {
        let mount = desk.configuration.server.mount
        let path = (mount == "/" ? "" : mount) + "/" + route
        guard !desk.configuration.server.origins.isEmpty, let url = desk.configuration.server.url else { return path }
        return url.origin + path
    }

    /// Whether pages of other origins call, and must send their cookies.
    var isElsewhere: Bool { !desk.configuration.server.origins.isEmpty && desk.configuration.server.url != nil }
}

/// Fine Uploader's options: JSON, then the functions that JSON cannot hold.
///
/// https://docs.fineuploader.com/branch/master/api/options-s3.html
struct FineUploaderScript {
    private let desk: Desk

    init(_ desk: Desk) {
        self.desk = desk
    }

    var text: String {
        """
        // Fine Uploader's S3 build, for this configuration. The key and the clock come from GET prefix.
        const options = \(options.text);
        fetch("\(DeskURL(desk: desk).path("prefix"))", {credentials: "\(credentials)"}).then(answer => answer.json()).then(desk => {
            options.request.clockDrift = desk.now - Date.now();
            options.objectProperties.key = id =>
                desk.prefix + uploader.getUuid(id) + "." + qq.getExtension(uploader.getName(id));
            options.button = document.getElementById("choose");
            const uploader = new qq.s3.FineUploaderBasic(options);
        });
        """
    }

    private var credentials: String { DeskURL(desk: desk).isElsewhere ? "include" : "same-origin" }

    private var options: JSONTree {
        let configuration = desk.configuration
        let url = DeskURL(desk: desk)
        var endpoint = desk.publicEndpoint.url(bucket: desk.bucket, addressing: desk.addressing)
        // Fine Uploader adds a slash, and signs another path than it calls where the bucket is in the path.
        if endpoint.bytes.last == UInt8(ascii: "/") { endpoint = ByteString(endpoint.bytes.dropLast()) }
        let isChunked =
            desk.publicEndpoint.addressing(desk.addressing, for: desk.bucket) == .virtual
            && desk.publicEndpoint.basePath.isEmpty
        let version = configuration.rules.signatureVersions.contains(.v4) ? 4 : 2
        var properties: [JSONTree.Member] = [
            .init("bucket", .string(configuration.uploads.bucket)), .init("region", .string(configuration.s3.region)),
        ]
        if let acl = configuration.uploads.acl { properties.append(.init("acl", .string(acl.rawValue))) }
        if isChunked {
            let host = desk.publicEndpoint.host(bucket: desk.bucket, addressing: desk.addressing)
            properties.append(.init("host", .string(host.description)))
        }
        var members: [JSONTree.Member] = [
            .init(
                "request",
                .object([
                    .init("endpoint", .string(endpoint.description)),
                    .init("accessKey", .string(desk.credentials.accessKeyID.description)),
                ])),
            .init("objectProperties", .object(properties)),
            .init(
                "signature",
                .object([.init("endpoint", .string(url.path("sign"))), .init("version", .number(version))])),
            .init("iframeSupport", .object([.init("localBlankPagePath", .string(url.path("empty_html")))])),
            .init("validation", .object([.init("sizeLimit", .number(configuration.rules.maxSize))])),
        ]
        if url.isElsewhere {
            members.append(.init("cors", .object([.init("expected", true), .init("sendCredentials", true)])))
        }
        if isChunked {
            members.append(
                .init("chunking", .object([.init("enabled", true), .init("partSize", .number(8 << 20))])))
            members.append(.init("retry", .object([.init("enableAuto", true)])))
        }
        if configuration.storage != nil {
            members.append(.init("uploadSuccess", .object([.init("endpoint", .string(url.path("file_uploaded")))])))
        }
        if configuration.rules.delete {
            members.append(
                .init(
                    "deleteFile", .object([.init("enabled", true), .init("endpoint", .string(url.path("file")))])))
        }
        return .object(members)
    }
}

/// Uppy with `@uppy/aws-s3`: a URL for each file from `POST upload_uri`.
///
/// https://uppy.io/docs/aws-s3/
struct UppyScript {
    private let desk: Desk

    init(_ desk: Desk) {
        self.desk = desk
    }

    var text: String {
        let url = DeskURL(desk: desk)
        let credentials = url.isElsewhere ? "include" : "same-origin"
        // Uploads in parts need tickets, and tickets a secret.
        let multipart =
            desk.configuration.server.secrets.isEmpty
            ? "shouldUseMultipart: false,"
            : "endpoint: \"\(url.path(""))\", shouldUseMultipart: file => file.size > 100 * 2 ** 20,"
        let types = JSONTree(desk.configuration.rules.types).text
        let restrictions =
            "{maxFileSize: \(desk.configuration.rules.maxSize), allowedFileTypes: "
            + (desk.configuration.rules.types.isEmpty ? "null" : types) + "}"
        var text = """
            // Uppy with @uppy/aws-s3, for this configuration.
            const uppy = new Uppy({restrictions: \(restrictions)});
            async function ask(url, body) {
                const answer = await fetch(url, {
                    method: "POST", credentials: "\(credentials)",
                    headers: {"Content-Type": "application/json"}, body: JSON.stringify(body)
                });
                const said = await answer.json();
                if (!answer.ok) throw new Error(said.error);
                return said;
            }
            uppy.use(AwsS3, {
                \(multipart)
                async getUploadParameters(file) {
                    const put = await ask("\(url.path("upload_uri"))", {filename: file.name, type: file.type, size: file.size});
                    uppy.setFileMeta(file.id, {key: put.key});
                    return {method: put.method, url: put.upload_uri, headers: put.headers};
                }
            });
            """
        if desk.configuration.storage != nil {
            text += """

                uppy.on("upload-success", file =>
                    ask("\(url.path("file_uploaded"))", {key: uppy.getFile(file.id).meta.key, filename: file.name}));
                """
        }
        return text
    }
}
