internal import FastCGI

/// `GET health`: the process is there and answers.
enum HealthHandler {
    static let response = Answers.json(Array(#"{"status":"ok"}"#.utf8))
}
