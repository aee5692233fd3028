import { ConfigurationError } from '../../../core/errors.ts'

/** How Kubernetes is asked for engines: each is a Job of one pod. */
export interface KubernetesOptions {
  /** What the pods run: it has Node and `yardmaster`, and the modules that tasks import. */
  readonly image: string
  /** Default: that of the context, else `default`. */
  readonly namespace?: string
  /** One of the kubeconfig's. Default: its current one; inside a pod, the pod's service account. */
  readonly context?: string
  /** How the image starts `yardmaster`. Default `['yardmaster']`. */
  readonly command?: string | readonly string[]
  /** Asked for each engine, and its limit: `1`, `500m`. Default: none. */
  readonly cpus?: string | number
  /** Asked for each engine, and its limit: `2Gi`. Default: none. */
  readonly memory?: string
  /** How long an engine that is stopped may take to leave before it is killed, in seconds. Default 30. */
  readonly graceSeconds?: number
  /** How long a Job that has ended stays to be looked at, in seconds. Default 600. */
  readonly keepSeconds?: number
  /** By what name or address pods reach this machine. Default: its first address that others can reach. */
  readonly host?: string
  /** Fields of each pod's `spec` beside ours: `{ nodeSelector: { pool: 'compute' } }`. */
  readonly pod?: Readonly<Record<string, unknown>>
  /** Fields of the container beside ours: `{ imagePullPolicy: 'Always' }`. */
  readonly container?: Readonly<Record<string, unknown>>
  /** What owns all that is made: where that is deleted, Kubernetes deletes the engines. Default: nothing does. */
  readonly owner?: KubernetesOwner
}

/** The object of Kubernetes with which engines go. */
export interface KubernetesOwner {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
}

/** With defaults, and checked. */
export interface KubernetesSettings {
  readonly image: string
  readonly namespace: string | undefined
  readonly context: string | undefined
  readonly command: readonly string[]
  readonly cpus: string | undefined
  readonly memory: string | undefined
  readonly graceSeconds: number
  readonly keepSeconds: number
  readonly host: string | undefined
  readonly pod: Readonly<Record<string, unknown>>
  readonly container: Readonly<Record<string, unknown>>
  readonly owner: KubernetesOwner | undefined
}

export const kubernetesOptionNames = [
  'image',
  'namespace',
  'context',
  'command',
  'cpus',
  'memory',
  'graceSeconds',
  'keepSeconds',
  'host',
  'pod',
  'container',
  'owner',
] as const satisfies readonly (keyof KubernetesOptions)[]

type Options = Readonly<Record<string, unknown>>

/** From a program or a command line. @throws ConfigurationError naming the option */
export function kubernetesSettings(options: Options): KubernetesSettings {
  const image = text(options, 'image')
  if (image === undefined) {
    throw new ConfigurationError(
      'the launcher kubernetes needs the option image: that of a container with Node, yardmaster, and the modules that tasks import',
      { details: { option: 'image' } },
    )
  }
  return {
    image,
    namespace: text(options, 'namespace'),
    context: text(options, 'context'),
    command: words(options, 'command') ?? ['yardmaster'],
    cpus: text(options, 'cpus'),
    memory: text(options, 'memory'),
    graceSeconds: seconds(options, 'graceSeconds', 30),
    keepSeconds: seconds(options, 'keepSeconds', 600),
    host: text(options, 'host'),
    pod: fields(options, 'pod') ?? {},
    container: fields(options, 'container') ?? {},
    owner: owner(options),
  }
}

function text(options: Options, name: keyof KubernetesOptions): string | undefined {
  const value = options[name]
  if (value === undefined) return undefined
  const written = typeof value === 'number' ? String(value) : value
  if (typeof written === 'string' && /^\S+$/.test(written)) return written
  throw wrong(name, 'a text without spaces', value)
}

function words(options: Options, name: keyof KubernetesOptions): readonly string[] | undefined {
  const value = options[name]
  if (value === undefined) return undefined
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  const isText = (word: unknown): word is string => typeof word === 'string' && word !== ''
  if (list.length > 0 && list.every(isText)) return list
  throw wrong(name, 'a text, or a list of texts', value)
}

function seconds(options: Options, name: keyof KubernetesOptions, usual: number): number {
  const value = options[name] ?? usual
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw wrong(name, 'a whole number of seconds from 0 on', value)
}

function fields(options: Options, name: keyof KubernetesOptions): Options | undefined {
  const value = options[name]
  if (value === undefined || isFields(value)) return value
  throw wrong(name, 'an object with fields of the Kubernetes API', value)
}

function owner(options: Options): KubernetesOwner | undefined {
  const value = fields(options, 'owner')
  if (value === undefined) return undefined
  const { apiVersion, kind, name, uid } = value
  const isText = (part: unknown): part is string => typeof part === 'string' && part !== ''
  if (isText(apiVersion) && isText(kind) && isText(name) && isText(uid)) return { apiVersion, kind, name, uid }
  throw wrong('owner', 'an object with apiVersion, kind, name and uid', value)
}

function isFields(value: unknown): value is Options {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function wrong(name: keyof KubernetesOptions, what: string, value: unknown): ConfigurationError {
  return new ConfigurationError(
    `the option ${name} of the launcher kubernetes must be ${what}, not ${JSON.stringify(value)}`,
    { details: { option: name } },
  )
}
