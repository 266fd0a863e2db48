internal import Foundation

/// The bytes that base64 stands for, line breaks allowed; nil where it is none.
func decodedBase64(_ text: String) -> [UInt8]? {
    let plain = text.filter { !$0.isWhitespace }
    return Data(base64Encoded: plain).map { Array($0) }
}

/// Bytes in base64.
func base64(_ bytes: [UInt8]) -> String {
    Data(bytes).base64EncodedString()
}
