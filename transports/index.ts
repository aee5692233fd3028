/** Transports: those of the house by address, the contract for those who write one, and ports for other threads. */
export type * from '../core/transport.ts'
export { transportDefaults } from '../core/transport.ts'
export { registerTransport, transportFor } from './connect.ts'
export { type MemoryOptions, memoryTransport } from './memory.ts'
export { openPort, type ThreadsTransport, threads, threadsTransport } from './threads.ts'
