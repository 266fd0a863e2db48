import Crypto
import Hummingbird
import NIOCore

/// The style sheet, the script and the icon. Their addresses hold a hash of what they are, so that browsers may keep them for good.
enum AssetDoors {
    static let assets: [(name: String, type: String, bytes: [UInt8])] = [
        ("console.css", "text/css; charset=utf-8", PackageResources.console_css),
        ("console.js", "text/javascript; charset=utf-8", PackageResources.console_js),
        ("console.svg", "image/svg+xml", PackageResources.console_svg),
    ]

    private static let hashes: [String: String] = Dictionary(
        uniqueKeysWithValues: assets.map { asset in
            (asset.name, SHA256.hash(data: asset.bytes).prefix(8).map { String($0, radix: 16) }.joined())
        }
    )

    /// Where an asset is found.
    static func address(of name: String) -> String { "/assets/\(hashes[name] ?? "-")/\(name)" }

    static func all() -> [Door] {
        assets.map { asset in
            Door.page(.get, address(of: asset.name), needs: nil) { _ in
                Response(
                    status: .ok,
                    headers: [.contentType: asset.type, .cacheControl: "public, max-age=31536000, immutable"],
                    body: .init(byteBuffer: ByteBuffer(bytes: asset.bytes))
                )
            }
        }
    }
}
