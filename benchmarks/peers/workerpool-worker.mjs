import workerpool from 'workerpool'
import * as work from './work.mjs'

/** @param {Uint8Array} bytes */
const backMoved = (bytes) => new workerpool.Transfer(bytes, [bytes.buffer])

workerpool.worker({ ...work, backMoved })
