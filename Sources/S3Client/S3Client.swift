package import S3Authorization
internal import Synchronization

/// Our own calls to one S3 with one set of credentials; blocking, and good for any number of threads.
///
/// Every call ends by its deadline, all its tries and pauses included, and takes a bounded amount of memory.
package struct S3Client: Sendable {
    package enum SignatureVersion: Sendable { case v2, v4 }

    let endpoint: Endpoint
    let addressing: Addressing
    let region: ByteString
    let signatureVersion: SignatureVersion
    package let credentials: any CredentialsProvider
    let transport: any Transport
    let surroundings: S3Surroundings
    let retries: RetryPolicy
    let timeouts: HTTPRequest.Timeouts
    let state: State

    /// Throws where `region` can be no part of a signature's scope.
    package init(
        endpoint: Endpoint, addressing: Addressing, region: ByteString, signatureVersion: SignatureVersion = .v4,
        credentials: any CredentialsProvider, transport: any Transport, surroundings: S3Surroundings,
        retries: RetryPolicy = RetryPolicy(), timeouts: HTTPRequest.Timeouts = HTTPRequest.Timeouts()
    ) throws(CredentialScope.Invalid) {
        _ = try CredentialScope(time: .start, region: region)
        self.endpoint = endpoint
        self.addressing = addressing
        self.region = region
        self.signatureVersion = signatureVersion
        self.credentials = credentials
        self.transport = transport
        self.surroundings = surroundings
        self.retries = retries
        self.timeouts = timeouts
        state = State()
    }

    /// A deadline `milliseconds` from now, on our clock.
    package func deadline(milliseconds: Int64) -> Deadline {
        Deadline(milliseconds: milliseconds, after: surroundings.stopwatch())
    }

    /// Seconds that S3's clock is ahead of ours, as far as S3 has complained.
    package var clockOffset: Int64 { state.clockOffset.load(ordering: .relaxed) }

    /// Seconds that S3's clock was ahead of ours at its last answer, to a second; nil before the first.
    package var drift: Int64? {
        let drift = state.drift.load(ordering: .relaxed)
        return drift == .min ? nil : drift
    }

    /// What calls learn and the next ones use.
    final class State: Sendable {
        let clockOffset = Atomic<Int64>(0)
        let drift = Atomic<Int64>(.min)
        private let signer = Mutex<Signer?>(nil)

        func learn(clockOffset seconds: Int64) {
            clockOffset.store(seconds, ordering: .relaxed)
        }

        func learn(drift seconds: Int64) {
            drift.store(seconds, ordering: .relaxed)
        }

        /// The signer of `credentials`, which keeps its derived keys as long as they are the same.
        func signer(for credentials: Credentials, region: ByteString) throws(S3Error) -> Signer {
            let known = signer.withLock { signer in
                signer.flatMap { $0.credentials.isIdentical(to: credentials) ? $0 : nil }
            }
            if let known { return known }
            do {
                let new = try Signer(credentials: credentials, region: region)
                signer.withLock { $0 = new }
                return new
            } catch {
                throw .credentials(.malformed("the region"))
            }
        }
    }
}

extension Credentials {
    /// Whether both are the same reading, which a signer's derived keys are good for.
    func isIdentical(to other: Credentials) -> Bool {
        secret.isIdentical(to: other.secret) && accessKeyID == other.accessKeyID && sessionToken == other.sessionToken
    }
}

/// An object's place: a bucket and a key, any bytes.
package struct ObjectLocation: Sendable, Hashable {
    package var bucket: ByteString
    package var key: ByteString

    package init(bucket: ByteString, key: ByteString) {
        self.bucket = bucket
        self.key = key
    }
}
