internal import FastCGI
internal import S3Authorization

/// Who is behind a request, as the web server, or our own cookie, says.
struct Identity {
    let prefix: KeyPrefix
    /// For the log.
    let name: ByteString
}

extension Identity {
    /// A browser without a user, whose name is its prefix without the slash.
    init(anonymous prefix: KeyPrefix) {
        self.init(prefix: prefix, name: ByteString(prefix.text.bytes.dropLast()))
    }
}

extension Inquiry {
    /// The user in the trusted parameter, else the holder of a signed cookie where anonymous users are served; the log
    /// then names them.
    func identity(_ account: inout Account) throws(RequestError) -> Identity {
        let identity = try identity()
        account.user = identity.name
        return identity
    }

    private func identity() throws(RequestError) -> Identity {
        if let user = request.parameters[dynamic: site.identityParameter], !user.isEmpty {
            do {
                return Identity(prefix: try KeyPrefix(user: ByteString(user)), name: ByteString(user))
            } catch {
                throw .unusableUserName(error)
            }
        }
        guard let anonymous = site.anonymous, let cookies = parameter("HTTP_COOKIE"),
            let prefix = anonymous.prefix(in: cookies, isSecure: isSecure)
        else { throw .loginRequired }
        return Identity(anonymous: prefix)
    }
}
