package import S3Authorization

extension S3Client {
    /// Sends one signed request once and gives back whatever is answered, for those who examine an S3.
    package func answer(
        to operation: Operation, _ method: ByteString, _ location: ObjectLocation, query: [QueryParameter] = [],
        headers: [HeaderField] = [], body: [UInt8]? = nil, until deadline: Deadline
    ) throws(S3Error) -> HTTPAnswer {
        var call = Call(operation: operation, method: method, location: location)
        call.query = query
        call.headers = headers
        call.body = body
        call.limit = 1 << 20
        return try send(call, try credentials(until: deadline), until: deadline)
    }
}

extension HTTPAnswer {
    /// The code of S3's error in the body; nil where there is none.
    package var errorCode: ByteString? {
        guard let root = try? XMLElement(parsing: body), root.name.is("Error") else { return nil }
        return root.text(of: "Code")
    }
}
