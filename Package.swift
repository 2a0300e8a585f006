// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]
let strictC: [CSetting] = [.treatAllWarnings(as: .error)]

let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let collections: Target.Dependency = .product(name: "Collections", package: "swift-collections")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let sqlite: Target.Dependency = .product(name: "GRDBSQLite", package: "GRDB.swift")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let arguments: Target.Dependency = .product(
  name: "ArgumentParser", package: "swift-argument-parser")
let signals: Target.Dependency = .product(
  name: "UnixSignals", package: "swift-service-lifecycle")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let histogram: Target.Dependency = .product(name: "Histogram", package: "hdrhistogram-swift")

let package = Package(
  name: "baton",
  products: [
    .library(name: "BatonClient", targets: ["BatonClient"]),
    .executable(name: "baton", targets: ["baton"]),
    .executable(name: "batond", targets: ["batond"]),
    .executable(name: "baton-shim", targets: ["baton-shim"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
  ],
  targets: [
    // The contract in C, and its safe Swift side.
    .systemLibrary(
      name: "CProtobufC", pkgConfig: "libprotobuf-c", providers: [.apt(["libprotobuf-c-dev"])]),
    .target(name: "CBatonProtos", dependencies: ["CProtobufC"]),
    .target(
      name: "BatonWire", dependencies: ["BatonCore", "CBatonProtos", "CProtobufC", nioCore],
      swiftSettings: strict),

    // Pure rules.
    .target(name: "BatonCore", dependencies: [collections], swiftSettings: strict),

    // Readers and evaluators that need a library.
    .target(
      name: "BatonYAML", dependencies: ["BatonCore", yams], swiftSettings: strict),
    .target(
      name: "BatonExpressions", dependencies: ["BatonCore", sqlite], swiftSettings: strict),

    // Calls, storage, execution.
    .target(
      name: "BatonRPC", dependencies: ["BatonCore", "BatonWire", nioCore, nioPosix, logging],
      swiftSettings: strict),
    .target(name: "CSQLiteSettings", linkerSettings: [.linkedLibrary("sqlite3")]),
    .target(
      name: "BatonStore",
      dependencies: ["BatonCore", "CSQLiteSettings", grdb, sqlite, collections, crypto],
      swiftSettings: strict),
    .target(
      name: "BatonExec", dependencies: ["BatonCore", logging], swiftSettings: strict),

    // The three services.
    .target(
      name: "BatonEngine",
      dependencies: [
        "BatonCore", "BatonStore", "BatonWire", "BatonExec", logging, crypto, collections,
      ],
      swiftSettings: strict),
    .target(
      name: "BatonTokenStore",
      dependencies: ["BatonCore", "BatonStore", "BatonWire", logging, crypto],
      swiftSettings: strict),
    .target(
      name: "BatonScheduler", dependencies: ["BatonCore", "BatonStore", "BatonWire", logging],
      swiftSettings: strict),

    // What users link and run.
    .target(
      name: "BatonClient", dependencies: ["BatonCore", "BatonRPC", "BatonWire", logging],
      swiftSettings: strict),
    .executableTarget(
      name: "batond",
      dependencies: [
        "BatonCore", "BatonWire", "BatonRPC", "BatonStore", "BatonExec", "BatonYAML",
        "BatonExpressions", "BatonEngine", "BatonTokenStore", "BatonScheduler", "BatonClient",
        arguments, logging, signals, yams,
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "baton",
      dependencies: [
        "BatonCore", "BatonClient", "BatonRPC", "BatonWire", arguments, histogram, logging, sqlite,
        nioCore, nioPosix,
      ],
      swiftSettings: strict),
    .executableTarget(name: "baton-shim", cSettings: strictC),

    // Tests mirror the sources.
    .testTarget(name: "TidyTests", swiftSettings: strict),
    .testTarget(name: "BatonCoreTests", dependencies: ["BatonCore"], swiftSettings: strict),
    .testTarget(
      name: "BatonYAMLTests", dependencies: ["BatonCore", "BatonYAML", "BatonExpressions"],
      swiftSettings: strict),
    .testTarget(
      name: "BatonExpressionsTests", dependencies: ["BatonCore", "BatonExpressions"],
      swiftSettings: strict),
    .testTarget(
      name: "BatonWireTests",
      dependencies: ["BatonCore", "BatonWire", "CBatonProtos", "CProtobufC", nioCore],
      swiftSettings: strict),
    .testTarget(
      name: "BatonRPCTests",
      dependencies: ["BatonCore", "BatonWire", "BatonRPC", nioCore, nioPosix, logging],
      swiftSettings: strict),
    .testTarget(
      name: "BatonStoreTests", dependencies: ["BatonCore", "BatonStore", grdb, sqlite],
      swiftSettings: strict),
    .testTarget(
      name: "BatonExecTests", dependencies: ["BatonCore", "BatonExec", "baton-shim", logging],
      swiftSettings: strict),
    .testTarget(
      name: "BatonTokenStoreTests",
      dependencies: [
        "BatonCore", "BatonStore", "BatonWire", "BatonRPC", "BatonTokenStore", nioCore, logging,
        crypto,
      ],
      swiftSettings: strict),
    .testTarget(
      name: "BatonClientTests",
      dependencies: ["BatonCore", "BatonClient", "BatonRPC", "BatonWire"],
      swiftSettings: strict),
    .testTarget(
      name: "CLITests", dependencies: ["baton", "BatonCore", "BatonClient", "BatonWire"],
      swiftSettings: strict),
    .testTarget(
      name: "BatonEngineTests",
      dependencies: [
        "BatonCore", "BatonStore", "BatonWire", "BatonRPC", "BatonExec", "BatonEngine",
        "BatonTokenStore", "BatonYAML", "BatonExpressions", "BatonClient", "baton-shim", nioCore,
        logging,
      ],
      swiftSettings: strict),
    .testTarget(
      name: "IntegrationTests", dependencies: ["baton", "batond", "baton-shim"],
      swiftSettings: strict),
  ]
)
