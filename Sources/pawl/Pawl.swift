import ArgumentParser

@main
struct Pawl: AsyncParsableCommand {
    func run() async throws {}
}
