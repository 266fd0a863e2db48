import Foundation
import HTTPTypes
import Hummingbird
import Mustache
import NIOCore
import UpgradeModel

/// Turns values into pages. Every template is parsed at the start, so that a broken one is found at once.
struct PageRenderer: Sendable {
    private let library: MustacheLibrary

    init() throws {
        var library = MustacheLibrary()
        for (name, bytes) in TemplateList.all {
            try library.register(String(decoding: bytes, as: UTF8.self), named: name)
        }
        self.library = library
    }

    /// A page in the console's frame.
    func page(
        _ template: String,
        _ content: Any,
        title: String,
        visitor: Visitor?,
        status: HTTPResponse.Status = .ok,
        here: String = ""
    ) -> Response {
        let frame = Frame(
            title: title,
            visitor: visitor.map { Frame.Person(name: $0.name.text, role: $0.role.rawValue) },
            csrf: visitor?.csrf ?? "",
            style: AssetDoors.address(of: "console.css"),
            script: AssetDoors.address(of: "console.js"),
            places: Frame.places(here),
            content: content
        )
        let text = library.render(frame, withTemplate: template) ?? ""
        return Response(
            status: status,
            headers: [.contentType: "text/html; charset=utf-8"],
            body: .init(byteBuffer: ByteBuffer(string: text))
        )
    }
}

/// What surrounds every page.
struct Frame {
    struct Person {
        var name: String
        var role: String
    }

    struct Place {
        var title: String
        var path: String
        var isHere: Bool
    }

    var title: String
    var visitor: Person?
    var csrf: String
    var style: String
    var script: String
    var places: [Place]
    var content: Any

    static func places(_ here: String) -> [Place] {
        [
            ("Dashboard", "/"), ("Versions", "/versions"), ("Upgrade", "/upgrade"), ("Backups", "/backups"),
            ("History", "/history"), ("Settings", "/settings"),
        ].map { Place(title: $0.0, path: $0.1, isHere: $0.1 == here) }
    }
}

/// The templates, by name. A file that is not here is not found; a test compares this list with the folder.
enum TemplateList {
    static let all: [(name: String, bytes: [UInt8])] = [
        ("frame", PackageResources.frame_mustache),
        ("problem", PackageResources.problem_mustache),
        ("sign-in", PackageResources.sign_in_mustache),
        ("dashboard", PackageResources.dashboard_mustache),
        ("settings-schedule", PackageResources.settings_schedule_mustache),
        ("settings-notifications", PackageResources.settings_notifications_mustache),
        ("settings-channel", PackageResources.settings_channel_mustache),
    ]
}
