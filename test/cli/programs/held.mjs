import { existsSync, readFileSync } from 'node:fs'

const { HELD_BY: log } = process.env
let decisions = 0

/** The least loaded. Where `HELD_BY` names a log, it goes no further once that has three lines. */
export default function held(_task, engines) {
  decisions += 1
  if (log !== undefined && decisions % 500 === 0 && linesIn(log) >= 3) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  }
  return engines.leastLoaded()
}

function linesIn(file) {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0
}
