/// Puts nodes together from the events of one stream, and counts what they cost.
struct YAMLBuilder {
    enum Collection {
        case sequence, mapping
    }

    /// A node with the number of nodes in it, aliases followed, and the number of levels.
    private struct Built {
        var node: DocumentNode
        var size: Int
        var height: Int
    }

    /// A collection that has begun and not ended.
    private struct Open {
        var kind: Collection
        var place: Place
        var anchor: String?
        var size = 1
        var height = 0
        var elements: [DocumentNode] = []
        var entries: [DocumentNode.Entry] = []
        var keys: Set<String> = []
        var merged: [DocumentNode] = []
        var pending: (key: String, isMerge: Bool, place: Place)?

        var expectsKey: Bool { kind == .mapping && pending == nil }
    }

    private let name: String
    private let limits: DocumentLimits
    private var open: [Open] = []
    private var anchors: [String: Built] = [:]
    private var root: DocumentNode?
    private var nodes = 0

    init(name: String, limits: DocumentLimits) {
        self.name = name
        self.limits = limits
    }

    /// The document that has just ended. Anchors end with it.
    mutating func finishDocument() -> DocumentNode? {
        defer { root = nil }
        anchors = [:]
        return root
    }

    mutating func scalar(
        _ text: String,
        isPlain: Bool,
        tag: String?,
        anchor: String?,
        at place: Place
    ) throws(DocumentError) {
        guard !text.utf8.contains(0) else {
            throw DocumentError(.malformed, file: name, line: place.line, column: place.column, "a NUL character")
        }
        if open.last?.expectsKey == true {
            try count(1, at: place)
            try key(text, isPlain: isPlain, anchor: anchor, at: place)
            return
        }
        let kind = try kind(of: text, isPlain: isPlain, tag: tag, at: place)
        let node = DocumentNode(
            content: .scalar(DocumentScalar(text: text, kind: kind)),
            line: place.line,
            column: place.column
        )
        try count(1, at: place)
        try add(Built(node: node, size: 1, height: 0), anchor: anchor)
    }

    mutating func alias(_ anchor: String, at place: Place) throws(DocumentError) {
        if open.last?.expectsKey == true {
            throw DocumentError(
                .unsupported,
                file: name,
                line: place.line,
                column: place.column,
                "an alias cannot be a key"
            )
        }
        guard let built = anchors[anchor] else {
            throw DocumentError(
                .malformed,
                file: name,
                line: place.line,
                column: place.column,
                "the alias \(DocumentError.excerpt(anchor)) stands for nothing above it"
            )
        }
        try count(built.size, at: place)
        try checkDepth(open.count + built.height, at: place)
        try add(built, anchor: nil)
    }

    mutating func begin(
        _ kind: Collection,
        tag: String?,
        anchor: String?,
        at place: Place
    ) throws(DocumentError) {
        if open.last?.expectsKey == true {
            throw DocumentError(
                .unsupported,
                file: name,
                line: place.line,
                column: place.column,
                "a list or a mapping cannot be a key"
            )
        }
        let known = kind == .sequence ? "tag:yaml.org,2002:seq" : "tag:yaml.org,2002:map"
        if let tag, tag != known { throw unknownTag(tag, at: place) }
        try count(1, at: place)
        open.append(Open(kind: kind, place: place, anchor: anchor))
        try checkDepth(open.count, at: place)
    }

    mutating func end() throws(DocumentError) {
        guard var ended = open.popLast() else { return }
        let content: DocumentNode.Content
        switch ended.kind {
        case .sequence:
            content = .sequence(ended.elements)
        case .mapping:
            for entry in ended.merged.flatMap({ $0.mapping ?? [] }) where ended.keys.insert(entry.key).inserted {
                ended.entries.append(entry)
            }
            content = .mapping(ended.entries)
        }
        let node = DocumentNode(content: content, line: ended.place.line, column: ended.place.column)
        try add(Built(node: node, size: ended.size, height: ended.height + 1), anchor: ended.anchor)
    }

    private mutating func key(
        _ text: String,
        isPlain: Bool,
        anchor: String?,
        at place: Place
    ) throws(DocumentError) {
        guard !(isPlain && text.isEmpty) else {
            throw DocumentError(.malformed, file: name, line: place.line, column: place.column, "a key is empty")
        }
        let index = open.count - 1
        let isMerge = isPlain && text == "<<"
        if open[index].keys.contains(text) {
            throw DocumentError(
                .duplicateKey,
                file: name,
                line: place.line,
                column: place.column,
                "the key \(DocumentError.excerpt(text)) appears twice"
            )
        }
        if isMerge {
            if !open[index].merged.isEmpty {
                throw DocumentError(
                    .duplicateKey,
                    file: name,
                    line: place.line,
                    column: place.column,
                    "the key “<<” appears twice"
                )
            }
        } else {
            open[index].keys.insert(text)
        }
        open[index].pending = (text, isMerge, place)
        open[index].size += 1
        if let anchor {
            let scalar = DocumentScalar(text: text, kind: isPlain ? DocumentScalar.kind(ofPlain: text) : .string)
            let node = DocumentNode(content: .scalar(scalar), line: place.line, column: place.column)
            anchors[anchor] = Built(node: node, size: 1, height: 0)
        }
    }

    /// Gives a finished node to the collection that is open, or makes it the document.
    private mutating func add(_ built: Built, anchor: String?) throws(DocumentError) {
        if let anchor { anchors[anchor] = built }
        guard !open.isEmpty else {
            root = built.node
            return
        }
        let index = open.count - 1
        open[index].size += built.size
        open[index].height = max(open[index].height, built.height)
        guard let pending = open[index].pending else {
            open[index].elements.append(built.node)
            return
        }
        open[index].pending = nil
        if pending.isMerge {
            open[index].merged = try mappingsToMerge(built.node)
        } else {
            open[index].entries.append(
                DocumentNode.Entry(
                    key: pending.key,
                    line: pending.place.line,
                    column: pending.place.column,
                    value: built.node
                )
            )
        }
    }

    private func mappingsToMerge(_ node: DocumentNode) throws(DocumentError) -> [DocumentNode] {
        let nodes = node.sequence ?? [node]
        guard !nodes.isEmpty, nodes.allSatisfy({ $0.mapping != nil }) else {
            throw DocumentError(
                .wrongValue,
                file: name,
                line: node.line,
                column: node.column,
                "“<<” needs a mapping or a list of mappings"
            )
        }
        return nodes
    }

    private mutating func count(_ size: Int, at place: Place) throws(DocumentError) {
        nodes += size
        guard nodes <= limits.nodes else {
            throw DocumentError(
                .limit,
                file: name,
                line: place.line,
                column: place.column,
                "more than \(limits.nodes) values, aliases counted as what they stand for"
            )
        }
    }

    private func checkDepth(_ depth: Int, at place: Place) throws(DocumentError) {
        guard depth <= limits.depth else {
            throw DocumentError(
                .limit,
                file: name,
                line: place.line,
                column: place.column,
                "nested deeper than \(limits.depth) levels"
            )
        }
    }

    private func kind(
        of text: String,
        isPlain: Bool,
        tag: String?,
        at place: Place
    ) throws(DocumentError) -> DocumentScalar.Kind {
        let resolved = DocumentScalar.kind(ofPlain: text)
        switch tag {
        case nil: return isPlain ? resolved : .string
        case "!", "tag:yaml.org,2002:str": return .string
        case "tag:yaml.org,2002:int" where resolved == .integer: return .integer
        case "tag:yaml.org,2002:float" where resolved == .integer || resolved == .number: return .number
        case "tag:yaml.org,2002:bool" where resolved == .boolean: return .boolean
        case "tag:yaml.org,2002:null" where resolved == .null: return .null
        case .some(let tag): throw unknownTag(tag, at: place)
        }
    }

    private func unknownTag(_ tag: String, at place: Place) -> DocumentError {
        DocumentError(
            .unsupported,
            file: name,
            line: place.line,
            column: place.column,
            "the tag \(DocumentError.excerpt(tag)) has no meaning here"
        )
    }
}
