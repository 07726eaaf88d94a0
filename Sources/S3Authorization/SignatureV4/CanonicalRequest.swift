struct CanonicalRequest { let text: ByteString }
