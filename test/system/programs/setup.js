import { basename } from 'node:path'
import { triple } from './work.mjs'

const folder = basename(new URL('.', import.meta.url).pathname)
const doubled = triple(14)
export function fail() {
  throw new RangeError(`no ${folder}`)
}
;[folder, doubled]
