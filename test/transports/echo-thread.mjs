// A thread that takes a port and echoes; the first byte of a message says how it ends.
import { workerData } from 'node:worker_threads'
import { register } from 'tsx/esm/api'

register()
const { openPort } = await import('../../transports/threads.ts')
const connection = openPort(workerData.port)
connection.open({
  onMessage(frames) {
    connection.send(frames)
    if (frames[0][0] === 1) process.exit(0)
    if (frames[0][0] === 2) void connection.close()
    if (frames[0][0] === 3) throw new Error('the thread fails')
  },
  onClose() {},
})
