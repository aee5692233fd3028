import type { TaskId } from './ids.ts'
import type { ClientToController } from './messages.ts'
import type { Payload } from './payload.ts'
import type { TaskNews } from './task-news.ts'

/** What a task takes at the controller, beside what it was called with: about. It counts against the limits in bytes. */
export const taskOverheadBytes = 1_000

/** A limit on what is outstanding, by the name of the controller's option `limits`. */
export type LoadLimitName = 'clientTasksMax' | 'clientBytesMax' | 'queuedBytesMax'

const subjects: Readonly<Record<LoadLimitName, (used: number) => string>> = {
  clientTasksMax: (used) => `this client has ${used} tasks that have not ended`,
  clientBytesMax: (used) => `this client's tasks that have not ended take ${used} bytes`,
  queuedBytesMax: (used) => `the tasks of all clients that have not ended take ${used} bytes`,
}

/** What is said of a task that is one too many, and what can be done. */
export function overLimit(limit: LoadLimitName, max: number, used: number): string {
  const subject = subjects[limit](used)
  return `The task was not accepted: ${subject}, and limits.${limit} of the controller is ${max}. Await some before you submit more (client.room() resolves when there is room), submit by imap, or raise the limit.`
}

/** Beside its value, news of a task takes about this much. */
const newsBytes = 256
/** Of a task id that another task names, and of an engine's number: about. */
const idBytes = 64
const numberBytes = 8

/** Of an id in a message beside its letters, and of one UTF-16 unit. */
const idHeadBytes = 3
const utf8BytesMax = 3

interface Naming<Id> {
  readonly ids: readonly Id[]
}

interface Names<Id> {
  readonly after?: readonly Naming<Id>[] | undefined
  readonly follow?: readonly Naming<Id>[] | undefined
  readonly targets?: readonly number[] | undefined
  readonly label?: string | undefined
}

interface Body extends Names<unknown> {
  readonly args: Payload
}

/** What a task was called with, and what it names. */
export function bodyBytesOf({ args, after, follow, targets, label }: Body): number {
  let bytes = args.byteLength
  if (after !== undefined) for (const { ids } of after) bytes += ids.length * idBytes
  if (follow !== undefined) for (const { ids } of follow) bytes += ids.length * idBytes
  if (targets !== undefined) bytes += targets.length * numberBytes
  return label === undefined ? bytes : bytes + label.length
}

/** What a task counts against the limits in bytes. */
export function taskBytesOf(body: Body): number {
  return taskOverheadBytes + bodyBytesOf(body)
}

/** What the names of a task take in a message: about, and rather more. */
export function namesBytesOf({ after, follow, targets, label }: Names<TaskId>): number {
  let bytes = 0
  if (after !== undefined) bytes += idsBytesOf(after)
  if (follow !== undefined) bytes += idsBytesOf(follow)
  if (targets !== undefined) bytes += targets.length * numberBytes
  return label === undefined ? bytes : bytes + label.length * utf8BytesMax
}

function idsBytesOf(specs: readonly Naming<TaskId>[]): number {
  let bytes = 0
  for (const { ids } of specs) for (const id of ids) bytes += id.length + idHeadBytes
  return bytes
}

/** What a message of a client makes the controller hold: about. */
export function heldBytesOf(message: ClientToController): number {
  if (message.type !== 'submit' && message.type !== 'broadcast') return taskOverheadBytes
  let bytes = 0
  for (const { payload } of message.functions) bytes += payload.byteLength
  if (message.type === 'broadcast') return bytes + message.args.byteLength + message.tasks.length * taskOverheadBytes
  for (const task of message.tasks) bytes += bodyBytesOf(task) + taskOverheadBytes
  return bytes
}

/** What news of tasks make the controller hold while it does not look at them: about. */
export function heldBytesOfNews(news: readonly TaskNews[]): number {
  let bytes = news.length * newsBytes
  for (const one of news) {
    if (one.kind === 'emit') bytes += one.value.byteLength
    else if (one.kind === 'parts') for (const { byteLength } of one.values) bytes += byteLength
    else if (one.kind === 'output') bytes += one.text.length
  }
  return bytes
}
