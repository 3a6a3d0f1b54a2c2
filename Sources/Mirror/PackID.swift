import Support

/// The id of a pack: the first 40 hexadecimal digits of its SHA-256.
public func packID(_ bytes: [UInt8]) -> String { String(sha256(bytes).prefix(40)) }

/// Whether a text has the form of a pack's id.
func isPackID(_ text: String) -> Bool { ObjectID(hex: text) != nil }
