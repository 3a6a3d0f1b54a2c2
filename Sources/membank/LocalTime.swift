import Glibc

/// A time for people to read, to the minute, as it is where they are.
func localTime(_ seconds: Int64) -> String {
  var (time, local) = (time_t(seconds), tm())
  localtime_r(&time, &local)
  func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
  return
    "\(local.tm_year + 1900)-\(two(local.tm_mon + 1))-\(two(local.tm_mday)) \(two(local.tm_hour)):\(two(local.tm_min))"
}
