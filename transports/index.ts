/** Transports: those of the house by address, the contract for those who write one and what they can build upon, and ports for other threads. */
export type * from '../core/transport.ts'
export { transportDefaults } from '../core/transport.ts'
export { BaseConnection, type Carried } from './base-connection.ts'
export { type Block, packBlocks, piecesOf, unpackBlock } from './blocks.ts'
export { registerTransport, transportFor } from './connect.ts'
export { type MemoryOptions, memoryTransport } from './memory.ts'
export { withDefaults } from './options.ts'
export { openPort, type ThreadsTransport, threads, threadsTransport } from './threads.ts'
