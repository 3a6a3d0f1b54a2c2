// swift-tools-version: 6.2
import PackageDescription

// The rooms, top to bottom; a target may depend only on what stands below it.
// C libraries come from Debian (see Makefile); no outside Swift package is used.

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  // SE-0335: `any` is written where a protocol is used as a type, so that its cost is visible.
  .enableUpcomingFeature("ExistentialAny"),
  // SE-0409: an import is not passed on unless it says so; keeps the rooms' walls honest.
  .enableUpcomingFeature("InternalImportsByDefault"),
  // SE-0444: a member is visible only where its module is imported.
  .enableUpcomingFeature("MemberImportVisibility"),
]

func room(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
  .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings)
}

// The fuzzing targets: a suite that runs the kept inputs, or (`make fuzz`) a program that looks for new ones. That one
// links with libFuzzer only, and what it tests must be compiled for that.
let fuzzed: [Target.Dependency] = [
  "Control", "SyncEngine", "Bank", "History", "MarkdownMerge", "Mirror", "RedisTransport", "Support", "GeneratedBanks",
]
let fuzz: Target =
  Context.environment["MEMBANK_FUZZ"] == nil
  ? .testTarget(
    name: "FuzzTests", dependencies: fuzzed, path: "Tests/Fuzz", exclude: ["Corpus", "Driver"], swiftSettings: settings)
  : .executableTarget(
    name: "Fuzz", dependencies: fuzzed, path: "Tests/Fuzz", exclude: ["Corpus", "ReplayTests.swift"],
    swiftSettings: settings)

let package = Package(
  name: "membank",
  targets: [
    .executableTarget(
      name: "membank",
      dependencies: [
        "Control", "SyncEngine", "Backup", "Bank", "History", "MarkdownMerge", "Mirror", "RedisTransport", "Upstash",
        "HTTPClient", "Support",
      ],
      swiftSettings: settings),
    room(
      "Control",
      [
        "SyncEngine", "Backup", "Bank", "History", "Mirror", "RedisTransport", "Upstash", "HTTPClient", "Support",
        "CLinux",
      ]),
    room("SyncEngine", ["Backup", "Bank", "History", "MarkdownMerge", "Mirror", "RedisTransport", "Support"]),
    room("Backup", ["History", "Mirror", "RedisTransport", "Upstash", "HTTPClient", "Support", "CLinux"]),
    room("Bank", ["Support", "CLinux"]),
    room("History", ["Support", "CGit2", "CCrypto", "CLinux", "CZlib"]),
    room("Mirror", ["RedisTransport", "Support"]),
    room("RedisTransport", ["HTTPClient", "Support", "CHiredis", "COpenSSL", "CCrypto", "CLinux"]),
    room("Upstash", ["HTTPClient", "Support"]),
    room("HTTPClient", ["CCurl"]),
    room("MarkdownMerge", ["Support", "CCmark"]),
    room("Support", ["CCrypto", "CGit2", "CLinux"]),

    // C: a module map each, and shims only for what Swift cannot call.
    .systemLibrary(name: "CGit2", providers: [.apt(["libgit2-dev"])]),
    .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"])]),
    .systemLibrary(name: "COpenSSL", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CCrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CCmark", providers: [.apt(["libcmark-gfm-dev"])]),
    // Comes with libgit2-dev, which needs it itself.
    .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
    .target(name: "CLinux"),
    // libcurl's functions, opened at run time (libcurl4-openssl-dev).
    .target(name: "CCurl"),
    // For tests only: what runs the scripts on the simulated server.
    .systemLibrary(name: "CLua", path: "Tests/CLua", providers: [.apt(["liblua5.1-0-dev"])]),

    .target(
      name: "TestSupport", dependencies: ["RedisTransport", "HTTPClient", "Support", "CLinux"],
      path: "Tests/TestSupport",
      swiftSettings: settings),
    .target(
      name: "SimulatedRedis", dependencies: ["RedisTransport", "Support", "CCrypto", "CLua"],
      path: "Tests/SimulatedRedis", swiftSettings: settings),
    .target(
      name: "Simulation",
      dependencies: ["SyncEngine", "Bank", "History", "Mirror", "RedisTransport", "Support", "SimulatedRedis"],
      path: "Tests/Simulation", swiftSettings: settings),
    .executableTarget(
      name: "simulate", dependencies: ["Simulation", "SimulatedRedis", "Support"], path: "Tests/Simulate",
      swiftSettings: settings),
    .target(
      name: "GeneratedBanks", dependencies: ["MarkdownMerge"], path: "Tests/GeneratedBanks", swiftSettings: settings),
    .executableTarget(
      name: "Benchmarks", dependencies: ["RedisTransport", "MarkdownMerge", "Support", "CLinux", "GeneratedBanks"],
      path: "Tests/Benchmarks", swiftSettings: settings),
    tests("RedisTransportTests", ["RedisTransport", "HTTPClient", "Support", "TestSupport"]),
    tests("UpstashTests", ["Upstash", "HTTPClient", "Support", "TestSupport"]),
    tests("BankTests", ["Bank", "Support", "TestSupport", "CLinux"]),
    tests("HistoryTests", ["History", "Support", "TestSupport", "CLinux"]),
    tests(
      "SyncEngineTests",
      ["SyncEngine", "Bank", "History", "Mirror", "RedisTransport", "Support", "TestSupport", "CLinux"]),
    tests(
      "BackupTests",
      ["Backup", "History", "Mirror", "RedisTransport", "Upstash", "HTTPClient", "Support", "TestSupport", "CLinux"]),
    tests("MarkdownMergeTests", ["MarkdownMerge", "GeneratedBanks"], exclude: ["Cases"]),
    tests("SupportTests", ["Support", "TestSupport", "CLinux"]),
    tests("EndToEndTests", ["membank", "RedisTransport", "Support", "TestSupport", "CLinux"]),
    tests("SimulationTests", ["Simulation", "SimulatedRedis", "simulate", "TestSupport"]),
    tests("SimulatedRedisTests", ["SimulatedRedis", "Mirror", "RedisTransport", "Support", "TestSupport"]),
    tests("MirrorTests", ["Mirror", "RedisTransport", "Support", "SimulatedRedis", "TestSupport"]),
    fuzz,
  ]
)
