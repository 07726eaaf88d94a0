internal import S3Authorization

extension S3Client {
    /// What keeps S3 from answering us as the user that we are; nil where nothing does. What is at `object` is all the same.
    ///
    /// A GET of one byte, whose errors have codes.
    ///
    /// - Parameter mayBeDenied: for a key that may not read; some stores say of a wrong signature, too, that it is denied
    package func obstacle(
        at object: ObjectLocation, mayBeDenied: Bool = false, until deadline: Deadline
    ) -> S3Error? {
        do {
            _ = try get(object, range: ByteRange(first: 0, count: 1), limit: 65_536, until: deadline)
            return nil
        } catch .notFound(let code) where !code.is("NoSuchBucket") {
            return nil
        } catch .refused(let refusal) where mayBeDenied && refusal.code.is("AccessDenied") {
            return nil
        } catch {
            return error
        }
    }
}
