/// The `launch` file of an attempt's directory (`launch.c`): a header in the machine's byte order,
/// then strings that each end with a NUL: the working directory, the arguments, the environment.
enum LaunchFile {
  /// What of the executor's configuration a shim needs to know.
  struct Settings: Sendable {
    var segmentBytes: UInt64
    var newestSegments: UInt32
    var leftoverGrace: Duration
    var synchronize: Bool
  }

  static func encode(
    _ spec: LaunchSpec, environment: [EnvironmentVariable], settings: Settings
  ) throws(ExecError) -> [UInt8] {
    var bytes = Array("BTNLNCH1".utf8)
    append(UInt32(spec.argv.count), to: &bytes)
    append(UInt32(environment.count), to: &bytes)
    append(settings.segmentBytes, to: &bytes)
    append(settings.newestSegments, to: &bytes)
    append(milliseconds(settings.leftoverGrace), to: &bytes)
    append(milliseconds(spec.stopGrace), to: &bytes)
    append(UInt32(settings.synchronize ? 0 : 2), to: &bytes)
    append(spec.limits.cpuTime.map(longMilliseconds) ?? 0, to: &bytes)
    append(spec.limits.memory ?? 0, to: &bytes)
    append(spec.limits.openFiles ?? 0, to: &bytes)
    append(spec.limits.outputBytes ?? 0, to: &bytes)
    try append(spec.workingDirectory ?? AttemptDirectory.work, to: &bytes)
    for argument in spec.argv { try append(argument, to: &bytes) }
    for variable in environment {
      guard !variable.name.isEmpty, !variable.name.utf8.contains(UInt8(ascii: "=")) else {
        throw ExecError(.invalid, "'\(variable.name)' cannot name an environment variable")
      }
      try append("\(variable.name)=\(variable.value)", to: &bytes)
    }
    return bytes
  }

  private static func milliseconds(_ duration: Duration) -> UInt32 {
    UInt32(
      clamping: max(duration, .zero) / .milliseconds(1) >= 4_000_000_000
        ? Int64(UInt32.max) : Int64((max(duration, .zero) / .milliseconds(1)).rounded(.up)))
  }

  /// At least 1, as 0 means no limit.
  private static func longMilliseconds(_ duration: Duration) -> UInt64 {
    let exact = (duration / .milliseconds(1)).rounded(.up)
    // Far from where the shim's sums overflow, and still 35,000 years.
    return exact < Double(1 << 50) ? UInt64(max(exact, 1)) : 1 << 50
  }

  private static func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
  }

  private static func append(_ text: String, to bytes: inout [UInt8]) throws(ExecError) {
    guard !text.utf8.contains(0) else {
      throw ExecError(.invalid, "an argument, variable or path contains U+0000")
    }
    bytes.append(contentsOf: text.utf8)
    bytes.append(0)
  }
}
