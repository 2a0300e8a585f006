/// The messages, services and clients of the contract, generated from `Protos/`.
///
/// Messages are plain values: strings, numbers, arrays and dictionaries. A field that is absent on
/// the wire reads as its empty value (CT3); sub-messages and choices are optional. `bytes` fields
/// are `[UInt8]`: a received value owns its bytes either way, and an array costs one allocation,
/// a `ByteBuffer` two.
public enum Wire {}
