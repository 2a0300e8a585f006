/// Sizes as people read them.
package enum ByteText {
  /// A number of bytes in its greatest unit, powers of 1,024: `512 B`, `1.5 MiB`.
  package static func text(_ bytes: Int64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    guard bytes >= 1024 else { return "\(bytes) B" }
    var position = 0
    // Tenths of the unit; divided first where ten times the number would not fit.
    var tenths = bytes > .max / 10 ? bytes / 1024 * 10 : bytes * 10 / 1024
    while tenths >= 10_240, position < units.count - 1 {
      tenths /= 1024
      position += 1
    }
    return "\(tenths / 10).\(tenths % 10) \(units[position])"
  }
}
