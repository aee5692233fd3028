import type { DownloadLimits, Network, Transfer } from './network.ts'
import type { EngineRules } from './rules.ts'
import type { TaskData } from './workload.ts'

/** An object that an engine lacks and that tasks there wait for. */
class Download implements Transfer {
  readonly object: number
  readonly target: number
  readonly bytes: number
  readonly order: number
  source = -1
  priority = Number.NEGATIVE_INFINITY
  readonly waiting: number[] = []
  isRunning = false

  constructor(object: number, target: number, bytes: number, order: number) {
    this.object = object
    this.target = target
    this.bytes = bytes
    this.order = order
  }
}

/** What one engine has and wants. */
class Store {
  readonly objects = new Set<number>()
  readonly downloads = new Map<number, Download>()
  /** Those that are not under way, by priority as long as `isSorted`, of equals the one that was wanted first. */
  wanted: Download[] = []
  isSorted = true
  running = 0
  /** How many are under way from each engine. */
  readonly perSource = new Map<number, number>()
  isHungry = false
}

/** Whatever goes before all that is not urgent, as in Estee. */
const urgent = 100_000

/** Where the tasks are, and what they wait for. */
export interface TaskPlaces {
  /** The engine that each is at; negative: at none. */
  readonly engine: Int32Array
  readonly priority: Float64Array | undefined
  /** The inputs of a task are all at its engine. */
  ready(task: number): void
  /** The order in which those go that nothing else sets apart. */
  arrange(tasks: number[]): readonly number[]
}

/**
 * Where objects lie, and how they come to where they are needed. An engine wants an object from the moment at which both are true: it
 * exists, and a task that consumes it is at the engine. Each travels to an engine once, and is never dropped.
 */
export class DataMovement {
  /** Of what has arrived. */
  bytesMoved = 0
  transfers = 0
  readonly #data: TaskData
  readonly #network: Network
  readonly #limits: DownloadLimits
  readonly #rules: EngineRules
  readonly #tasks: TaskPlaces
  readonly #stores: Store[]
  /** Engines that want an object and are not getting it yet: each new copy may serve them. */
  readonly #wanting = new Map<number, Set<Store>>()
  /** Engines that hold each object, its producer first; undefined: it does not exist. */
  readonly #holders: (number[] | undefined)[]
  /** Transfers that leave each engine. */
  readonly #uploads: Int32Array
  /** Inputs of each task that do not exist; that are not at its engine. */
  readonly #unmade: Int32Array
  readonly #missing: Int32Array
  #hungry: Store[] = []
  #order = 0

  constructor(
    data: TaskData,
    network: Network,
    limits: DownloadLimits,
    rules: EngineRules,
    tasks: TaskPlaces,
    engines: number,
  ) {
    this.#data = data
    this.#network = network
    this.#limits = limits
    this.#rules = rules
    this.#tasks = tasks
    this.#stores = Array.from({ length: engines }, () => new Store())
    this.#holders = new Array<number[] | undefined>(data.size).fill(undefined)
    this.#uploads = new Int32Array(engines)
    const { firstInput } = data
    this.#unmade = new Int32Array(firstInput.length - 1)
    this.#missing = new Int32Array(firstInput.length - 1)
    for (let task = 0; task < this.#unmade.length; task += 1) {
      this.#unmade[task] = (firstInput[task + 1] as number) - (firstInput[task] as number)
    }
  }

  /** When the next object arrives; Infinity: none is under way. */
  get nextMs(): number {
    return this.#network.nextEndMs
  }

  /** The engines where an object lies, the one that made it first; undefined: it does not exist. */
  holders(object: number): readonly number[] | undefined {
    return this.#holders[object]
  }

  /** The task is at an engine from now on. Answers whether all its inputs are there. */
  assigned(task: number): boolean {
    const { firstInput, inputs, bytes } = this.#data
    const engine = this.#tasks.engine[task] as number
    const { objects } = this.#stores[engine] as Store
    let missing = 0
    for (let i = firstInput[task] as number; i < (firstInput[task + 1] as number); i += 1) {
      const object = inputs[i] as number
      if (objects.has(object)) continue
      const holders = this.#holders[object]
      if (holders !== undefined && bytes[object] === 0 && this.#rules.emptyObjects === 'always') {
        objects.add(object)
        continue
      }
      missing += 1
      if (holders !== undefined) this.#request(object, task, engine)
    }
    this.#missing[task] = missing
    return missing === 0
  }

  /** It is taken from its engine again. What is wanted for it alone, and not under way, is wanted no more. */
  retracted(task: number, engine: number): void {
    const store = this.#stores[engine] as Store
    this.#missing[task] = 0
    for (const download of [...store.downloads.values()]) {
      const place = download.waiting.indexOf(task)
      if (place < 0) continue
      download.waiting.splice(place, 1)
      if (download.isRunning || download.waiting.length > 0) continue
      store.downloads.delete(download.object)
      store.wanted.splice(store.wanted.indexOf(download), 1)
      this.#wantsNoMore(store, download.object)
    }
  }

  /** The task has ended at its engine: all its outputs exist from now on, and then are asked for. */
  produced(task: number): void {
    const { firstOutput, firstConsumer, consumers } = this.#data
    const engine = this.#tasks.engine[task] as number
    const first = firstOutput[task] as number
    const end = firstOutput[task + 1] as number
    for (let object = first; object < end; object += 1) {
      this.#holders[object] = [engine]
      this.#stores[engine]?.objects.add(object)
      for (let i = firstConsumer[object] as number; i < (firstConsumer[object + 1] as number); i += 1) {
        const consumer = consumers[i] as number
        this.#unmade[consumer] = (this.#unmade[consumer] as number) - 1
        if (this.#unmade[consumer] === 0 && this.#rules.urgency === 'always') this.#hurry(consumer)
      }
    }
    for (let object = first; object < end; object += 1) this.#tell(object, engine)
  }

  /** What arrives now is where it was wanted. */
  arrive(nowMs: number): void {
    for (const transfer of this.#network.take(nowMs)) {
      const download = transfer as Download
      const { object, source } = download
      const store = this.#stores[download.target] as Store
      this.bytesMoved += download.bytes
      this.transfers += 1
      store.downloads.delete(object)
      store.objects.add(object)
      this.#holders[object]?.push(download.target)
      store.running -= 1
      store.perSource.set(source, (store.perSource.get(source) ?? 1) - 1)
      this.#uploads[source] = (this.#uploads[source] as number) - 1
      this.#wake(store)
      if (this.#rules.sources === 'holders') for (const other of this.#wanting.get(object) ?? []) this.#wake(other)
      for (const task of this.#tasks.arrange(download.waiting.sort((a, b) => a - b))) this.#have(task)
    }
  }

  /** Begins what may begin, once all that happens at an instant is known. */
  settle(nowMs: number): void {
    for (const store of this.#hungry) {
      store.isHungry = false
      this.#begin(store, nowMs)
    }
    this.#hungry = []
    this.#network.settle(nowMs)
  }

  /** An object has come to be. */
  #tell(object: number, engine: number): void {
    const { firstConsumer, consumers, bytes } = this.#data
    const from = firstConsumer[object] as number
    const to = firstConsumer[object + 1] as number
    const order = this.#tasks.arrange(Array.from(consumers.subarray(from, to)))
    for (const task of order) {
      const at = this.#tasks.engine[task] as number
      if (at < 0) continue
      if (at === engine) this.#have(task)
      else if (bytes[object] === 0) {
        this.#stores[at]?.objects.add(object)
        this.#have(task)
      } else this.#request(object, task, at)
    }
  }

  #have(task: number): void {
    const missing = (this.#missing[task] as number) - 1
    this.#missing[task] = missing
    if (missing === 0) this.#tasks.ready(task)
  }

  #request(object: number, task: number, engine: number): void {
    const store = this.#stores[engine] as Store
    let download = store.downloads.get(object)
    if (download === undefined) {
      download = new Download(object, engine, this.#data.bytes[object] as number, this.#order)
      this.#order += 1
      store.downloads.set(object, download)
      store.wanted.push(download)
      store.isSorted = false
      const wanting = this.#wanting.get(object)
      if (wanting === undefined) this.#wanting.set(object, new Set([store]))
      else wanting.add(store)
      this.#wake(store)
    }
    download.waiting.push(task)
    this.#raise(store, download, task)
  }

  #raise(store: Store, download: Download, task: number): void {
    const own = this.#tasks.priority?.[task] ?? 0
    const priority = this.#unmade[task] === 0 ? own + urgent : own
    if (priority <= download.priority) return
    download.priority = priority
    store.isSorted = false
  }

  /** The last input of a task has come to be: what it waits for is urgent. */
  #hurry(task: number): void {
    const engine = this.#tasks.engine[task] as number
    if (engine < 0) return
    const { firstInput, inputs } = this.#data
    const store = this.#stores[engine] as Store
    for (let i = firstInput[task] as number; i < (firstInput[task + 1] as number); i += 1) {
      const download = store.downloads.get(inputs[i] as number)
      if (download !== undefined && !download.isRunning) this.#raise(store, download, task)
    }
  }

  #wantsNoMore(store: Store, object: number): void {
    const wanting = this.#wanting.get(object)
    wanting?.delete(store)
    if (wanting?.size === 0) this.#wanting.delete(object)
  }

  #wake(store: Store): void {
    if (store.isHungry) return
    store.isHungry = true
    this.#hungry.push(store)
  }

  #begin(store: Store, nowMs: number): void {
    const { downloadsMax } = this.#limits
    if (store.wanted.length === 0 || store.running >= downloadsMax) return
    if (!store.isSorted) store.wanted.sort((a, b) => b.priority - a.priority || a.order - b.order)
    store.isSorted = true
    const left: Download[] = []
    for (const download of store.wanted) {
      const source = store.running < downloadsMax ? this.#sourceOf(store, download.object) : -1
      if (source < 0) {
        left.push(download)
        continue
      }
      this.#wantsNoMore(store, download.object)
      download.source = source
      download.isRunning = true
      store.running += 1
      store.perSource.set(source, (store.perSource.get(source) ?? 0) + 1)
      this.#uploads[source] = (this.#uploads[source] as number) + 1
      this.#network.start(download, nowMs)
    }
    store.wanted = left
  }

  /** Of the engines that may give it, the one with the fewest uploads, of equals the one that had it first; negative: none may. */
  #sourceOf(store: Store, object: number): number {
    const holders = this.#holders[object] ?? []
    const candidates = this.#rules.sources === 'producer' ? 1 : holders.length
    let best = -1
    for (let i = 0; i < candidates; i += 1) {
      const holder = holders[i] as number
      if ((store.perSource.get(holder) ?? 0) >= this.#limits.downloadsPerSourceMax) continue
      if (best < 0 || (this.#uploads[holder] as number) < (this.#uploads[best] as number)) best = holder
    }
    return best
  }
}
