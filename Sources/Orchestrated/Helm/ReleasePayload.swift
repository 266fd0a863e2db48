import Archives
import Foundation
import Kubernetes

/// The bytes in which Helm keeps a record: JSON, packed with gzip, in base64. A Secret has them in base64 once more.
enum ReleasePayload {
    /// The most that comes of a record. Its Secret has at most a megabyte.
    static let limit = 64 << 20

    /// Why bytes are no record.
    struct Unreadable: Error, Sendable, Hashable {
        /// A clause.
        let reason: String
    }

    /// Reads a record from what its Secret holds.
    static func json(_ payload: [UInt8]) throws(Unreadable) -> JSONValue {
        guard let bytes = Data(base64Encoded: Data(payload)).map({ Array($0) }) else {
            throw Unreadable(reason: "it is not base64")
        }
        // The first records of Helm 3 were not packed.
        var text = bytes
        if Gzip.isPacked(bytes) {
            do throws(ArchiveError) {
                text = try Gzip.unpacked(bytes, limit: limit)
            } catch {
                throw Unreadable(reason: error.message)
            }
        }
        guard let json = JSONValue.read(text, limit: limit), case .object = json else {
            throw Unreadable(reason: "it is not the JSON of a release")
        }
        return json
    }

    /// Makes what a Secret holds of a record.
    static func packed(_ json: JSONValue) throws(Unreadable) -> [UInt8] {
        do throws(ArchiveError) {
            let packed = try Gzip.packed(json.bytes)
            return Array(Data(packed).base64EncodedData())
        } catch {
            throw Unreadable(reason: error.message)
        }
    }
}
