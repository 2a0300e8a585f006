// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "word-count",
  dependencies: [
    .package(name: "baton", path: "../.."),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    .executableTarget(
      name: "word-count",
      dependencies: [
        .product(name: "BatonClient", package: "baton"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ])
  ])
