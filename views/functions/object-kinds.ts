import { EventEmitter } from 'node:events'
import { types } from 'node:util'

export const { isPromise, isProxy, isModuleNamespaceObject } = types

/** Sockets, servers, streams, child processes: their fields would travel, and be of no use. */
export function isBoundHere(value: unknown): boolean {
  return value instanceof EventEmitter
}
