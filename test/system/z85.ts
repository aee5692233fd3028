const digits = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#'

/** As ZeroMQ writes keys: five digits for each four bytes. */
export function z85(bytes: Buffer): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 4) {
    let word = bytes.readUInt32BE(at)
    let group = ''
    for (let i = 0; i < 5; i += 1) {
      group = (digits[word % 85] as string) + group
      word = Math.floor(word / 85)
    }
    text += group
  }
  return text
}
