/// One HTTP request as the web server handed it over: CGI meta-variables and a complete body.
///
/// It exists only when the request was whole: no cut parameters, a RESPONDER role, a method, a body of the declared
/// length. Meta-variables: RFC 3875, section 4.1, <https://www.rfc-editor.org/rfc/rfc3875#section-4.1>.
package struct Request: Sendable {
    package let parameters: Parameters
    package let body: [UInt8]

    package init(parameters: Parameters, body: [UInt8] = []) {
        self.parameters = parameters
        self.body = body
    }
}
