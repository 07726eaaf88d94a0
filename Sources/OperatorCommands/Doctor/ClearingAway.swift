internal import S3Authorization
internal import S3Client
internal import UploadService

/// Removes what the visit made, or says what is left.
struct ClearingAway {
    let visit: Visit

    func run() {
        visit.doing("clearing away")
        var left: [String] = []
        for key in visit.uploads where !delete(ObjectLocation(bucket: visit.desk.bucket, key: key)) {
            left.append("\(visit.desk.bucket)/\(key)")
        }
        if let storage = visit.storage {
            for key in visit.stored where !delete(ObjectLocation(bucket: storage.bucket, key: key)) {
                left.append("\(storage.bucket)/\(key)")
            }
        }
        guard !left.isEmpty else { return }
        visit.ok(
            "cleared",
            "\(left.count) small objects are left, for the lifecycle to remove: "
                + "\(left.joined(separator: ", "))")
    }

    private func delete(_ object: ObjectLocation) -> Bool {
        let clients = [visit.storage?.client, try? visit.desk.client(visit.desk.provider)].compactMap { $0 }
        return clients.contains { client in
            do throws(S3Error) {
                try client.delete(object, until: visit.deadline)
                return true
            } catch {
                return false
            }
        }
    }
}
