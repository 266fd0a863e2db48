import NIOCore
import Synchronization

/// How many connections each address has open.
final class ConnectionsByAddress: Sendable {
    private let counts = Mutex<[String: Int]>([:])
    let most: Int

    init(most: Int) { self.most = most }

    /// Counts a connection in; false, with nothing counted, where the address has enough.
    func open(_ address: String) -> Bool {
        counts.withLock { counts in
            let count = counts[address, default: 0]
            guard count < most else { return false }
            counts[address] = count + 1
            return true
        }
    }

    func close(_ address: String) {
        counts.withLock { counts in
            let count = counts[address, default: 1] - 1
            counts[address] = count > 0 ? count : nil
        }
    }
}

/// Closes a connection at once where its address has enough of them, so that one machine cannot take them all.
final class ConnectionBound: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = Any

    private let connections: ConnectionsByAddress

    init(_ connections: ConnectionsByAddress) { self.connections = connections }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        let address = NetworkAddress.counted(channel.remoteAddress?.ipAddress ?? "local")
        guard connections.open(address) else {
            channel.close(promise: nil)
            return
        }
        channel.closeFuture.whenComplete { [connections] _ in connections.close(address) }
    }
}
