import Processes
import Testing
import UpgradeModel

@testable import pawl

@Suite struct ToolScoutTests {
    private let scout = ToolScout(SingleVMDeployment(directory: "/opt/shop", project: "shop"))

    private func call(_ line: String, in folder: String? = "/root") -> String? {
        scout.composeCall(
            MachineProcess(pid: 1, parent: 0, arguments: line.split(separator: " ").map(String.init), folder: folder)
        )
    }

    @Test(arguments: [
        "docker-compose -p shop up -d", "/usr/bin/python3 /usr/bin/docker-compose --project-name=shop restart api",
        "docker compose -p shop down", "/usr/bin/docker --log-level info compose --project-name shop create",
        "/usr/libexec/docker/cli-plugins/docker-compose compose -p shop up",
        "docker-compose -f /opt/shop/docker-compose.yml stop",
        "docker-compose --project-directory /opt/shop run api sh",
    ])
    func `a call of Compose that changes the project is found`(line: String) {
        #expect(call(line) != nil)
    }

    @Test(arguments: [
        "docker-compose -p other up", "docker-compose -p shop logs -f", "docker-compose -p shop ps",
        "docker-compose -p shop exec api sh",
        "docker-compose -f /opt/shopping/docker-compose.yml up", "docker-compose -p shop", "docker ps",
        "vi docker-compose.yml", "docker-compose", "docker-compose -p shop --env-file up config",
    ])
    func `whatever is of another project, or only looks, is left alone`(line: String) {
        #expect(call(line) == nil)
    }

    @Test func `without a project the folder counts`() {
        #expect(call("docker-compose up -d", in: "/opt/shop") == "docker-compose up")
        #expect(call("docker-compose up -d", in: "/opt/shop/sub") == "docker-compose up")
        #expect(call("docker-compose up -d", in: "/opt") == nil)
        #expect(call("docker-compose up -d", in: nil) == nil)
        #expect(call("docker-compose -p other up -d", in: "/opt/shop") == nil)
    }
}

@Suite struct MountTableTests {
    private static let text = """
        22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
        30 22 0:25 / /var/lib rw - xfs /dev/sdb rw
        31 30 0:26 / /var/lib/pawl\\040files rw shared:7 master:2 - tmpfs tmpfs rw
        32 22 0:27 / /mnt rw - ext4 /dev/sdc rw
        33 22 0:28 / /mnt rw - overlay overlay rw
        garbage
        """

    @Test(arguments: [
        ("/etc", "/", "ext4"), ("/var/lib/docker", "/var/lib", "xfs"), ("/var/libs", "/", "ext4"),
        ("/var/lib/pawl files/backups", "/var/lib/pawl files", "tmpfs"), ("/mnt/x", "/mnt", "overlay"),
        ("/", "/", "ext4"),
    ])
    func `a path is on the last mount of the longest folder above it`(path: String, point: String, kind: String) {
        #expect(MountTable.mount(of: path, in: Self.text) == MountTable.Mount(point: point, kind: kind))
    }

    @Test func `the kernel's own table tells memory from disk`() throws {
        #expect(try MountTable.mount(of: "/dev/shm/no/such/folder").kind == "tmpfs")
        #expect(try MountTable.mount(of: "/proc/self").kind == "proc")
        #expect(MountTable.mount(of: "/x", in: "") == nil)
    }
}
