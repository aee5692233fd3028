export default function throwsAtOnce() {
  throw new Error('no idea')
}
export const notOne = 7
