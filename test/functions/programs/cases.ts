/**
 * Functions that travel, one for each way in which a function can depend on its surroundings. Every environment runs
 * the same table: what the engine answers must be what the function answers here.
 */
import { readFileSync } from 'node:fs'
import * as path from 'node:path'
import { sep as separator } from 'node:path'
import { Command } from 'commander'
import * as work from './work.ts'
import twice, { base, Ruler, scale, visit, visits } from './work.ts'

type Fn = (...args: never[]) => unknown

export interface Case {
  readonly fn: Fn
  readonly args?: readonly unknown[]
}

const factor = 3
let level = 10
level += 1
const table = {
  a: [1, 2, { deep: new Map([['k', new Set([1n])]]) }],
  when: new Date(0),
  bytes: new Uint8Array([1, 2, 3]),
}
const ring: { self?: unknown; name: string } = { name: 'ring' }
ring.self = ring
const shared = { n: 1 }
const left = { shared }
const right = { shared }

function factorial(n: number): number {
  return n < 2 ? 1 : n * factorial(n - 1)
}
const isEven = (n: number): boolean => n === 0 || isOdd(n - 1)
const isOdd = (n: number): boolean => n !== 0 && isEven(n - 1)
const addFactor = (x: number): number => x + factor
const both = (x: number): number => addFactor(x) * factorial(3)

class Animal {
  static count = 2
  static #secret = 7
  readonly #name: string
  sound = 'none'
  constructor(name: string) {
    this.#name = name
  }
  static secret(): number {
    return Animal.#secret
  }
  get name(): string {
    return this.#name
  }
  speak(): string {
    return `${this.#name} says ${this.sound} (${factor})`
  }
}
class Dog extends Animal {
  override sound = 'woof'
  override speak(): string {
    return `${super.speak()}!`
  }
  static create(name: string): Dog {
    return new Dog(name)
  }
}
class Parent {
  readonly kind = 'parent'
  static make(): string {
    return new Child().hello()
  }
}
class Child extends Parent {
  hello(): string {
    return 'child'
  }
}
Animal.count = 5

const methods = {
  factor: 100,
  scale(x: number): number {
    return x * factor
  },
  own(x: number): number {
    return x * this.factor
  },
  async later(x: number): Promise<number> {
    return x
  },
  *numbers(): Generator<number> {
    yield* [1, 2]
  },
  [`com${'puted'}`](x: number): number {
    return x + 1
  },
  get answer(): number {
    return 42
  },
}

function counter(): { increment: () => number; current: () => number } {
  let n = 5
  return {
    increment: () => {
      n += 1
      return n
    },
    current: () => n,
  }
}
const one = counter()
const two = counter()

let total = 0
const add = (n: number): void => {
  total += n
}
let pair = { first: 1, second: 2 }
let head = 1
let rest = [2, 3]

function withDefaults(
  this: unknown,
  { a = factor, ...others }: Record<string, number> = {},
  [b = a]: number[] = [a],
): unknown {
  return [a, b, others, this === undefined]
}

function Legacy(this: { x: number }, x: number): void {
  this.x = x
}
Legacy.prototype.double = function (this: { x: number }) {
  return this.x * 2
}
Legacy.label = 'legacy'

const overloaded = Object.assign((x: number) => x + 1, { version: 3, helper: (x: number) => x * factor })

function shadowing(level: number): unknown {
  const structuredClone = (): string => 'mine'
  return () => [level, structuredClone()]
}

const tag = (parts: TemplateStringsArray, ...values: unknown[]): string => parts.join('|') + values.join(',')

const loops: Fn[] = []
for (let i = 0; i < 3; i += 1) loops.push(() => i * factor)

const chain: ((n: number) => number)[] = [(n) => n]
for (let i = 0; i < 3000; i += 1) {
  const before = chain[i] as (n: number) => number
  chain.push((n) => (n === 0 ? -1 : before(n - 1)))
}

export const cases: Record<string, Case> = {
  'no captures': { fn: (a: number, b: number) => a + b, args: [1, 2] },
  'a function declaration': { fn: factorial, args: [6] },
  'a function expression with a name of its own': {
    fn: function down(n: number): number {
      return n === 0 ? 0 : down(n - 1)
    },
    args: [4],
  },
  'a constant': { fn: (x: number) => x * factor, args: [5] },
  'a variable that was assigned': { fn: () => level },
  'data of all kinds': { fn: () => [table.a, table.when.getTime(), [...table.bytes]] },
  'a cycle in data': { fn: () => ring.self === ring && ring.name },
  'identity shared between captures': {
    fn: () => {
      left.shared.n = 9
      return right.shared.n + shared.n
    },
  },
  'functions that capture functions': { fn: (x: number) => both(x), args: [4] },
  'mutual recursion': { fn: (n: number) => [isEven(n), isOdd(n)], args: [11] },
  'a long chain of functions': { fn: chain.at(-1) as Fn, args: [3000] },
  'identity of captured functions': { fn: () => [addFactor].includes(addFactor) && addFactor !== (isEven as unknown) },
  'named, renamed and namespace imports of node:': {
    fn: () => [separator, path.join('a', 'b'), typeof readFileSync],
  },
  'a package': { fn: () => new Command('x').name() },
  'default, named and namespace imports of a TypeScript file': {
    fn: (x: number) => [twice(x), scale(x, base), work.scale(1, 2), new Ruler('m').measure(x)],
    args: [4],
  },
  'an imported binding that its module changes': { fn: () => [visits, visit(), visits].map((n) => n - visits) },
  'a typeof of what is not there': { fn: () => typeof (globalThis as { nothing?: unknown }).nothing },
  'an async function': { fn: async (x: number) => (await Promise.resolve(x)) + factor, args: [1] },
  'a generator': {
    fn: function* (n: number) {
      for (let i = 0; i < n; i += 1) yield i * factor
    },
    args: [3],
  },
  'an async generator': {
    fn: async function* (n: number) {
      for (let i = 0; i < n; i += 1) yield i + level
    },
    args: [3],
  },
  'a captured async generator': {
    fn: async () => {
      const all: number[] = []
      for await (const n of work.countTo(3)) all.push(n)
      return all
    },
  },
  'a class with statics, private members and a base': {
    fn: () => {
      const dog = new Dog('Rex')
      return [
        dog.speak(),
        dog.name,
        dog instanceof Animal,
        Dog.create('Max').name,
        Animal.secret(),
        Animal.count,
        Dog.count,
      ]
    },
  },
  'a base that makes its heir': { fn: () => Parent.make() },
  'an heir that is reached first': { fn: () => [new Child().hello(), Child.make()] },
  'an instance of a class, as data': {
    fn: (
      (dog) => () =>
        JSON.stringify(dog)
    )(new Dog('Rex')),
  },
  'a class whose base only its definition names': {
    fn: (() => {
      class Root {
        readonly kind = 'root'
      }
      class Heir extends Root {}
      class Failure extends Error {}
      return () => [new Heir().kind, new Failure('no').message]
    })(),
  },
  'a method': { fn: methods.scale, args: [2] },
  'an async method': { fn: methods.later, args: [2] },
  'a generator method': { fn: methods.numbers },
  'a method with a computed name': { fn: methods.computed as Fn, args: [1] },
  'a getter': { fn: Object.getOwnPropertyDescriptor(methods, 'answer')?.get as Fn },
  'an object of methods': { fn: () => [methods.own(2), methods.scale(3), [...methods.numbers()], methods.answer] },
  'functions in a Map, a Set and an array': {
    fn: ((map, set, list) => () => [map.get('f')?.(1), [...set].map((f) => f(2)), list[1]?.(3), list.length])(
      new Map([['f', addFactor]]),
      new Set([addFactor]),
      [factorial, addFactor],
    ),
  },
  'closures that share what they write': {
    fn: () => [one.increment(), one.increment(), one.current(), two.increment(), two.current()],
  },
  'a variable of the module that functions write': {
    fn: () => {
      add(5)
      total *= 2
      add(1)
      return total
    },
  },
  'assignments by patterns, shorthands and loops': {
    fn: () => {
      ;[head = 0, ...rest] = [7, 8] as number[]
      ;({ pair } = { pair: { first: 3, second: 4 } })
      for (head of [head + 1]);
      head++
      const copy = { head, rest, pair }
      return [copy, head]
    },
  },
  'defaults, patterns and this': { fn: withDefaults as Fn, args: [{ a: 1, z: 2 }, []] },
  'defaults alone': { fn: withDefaults as Fn },
  'a constructor function with a prototype': {
    fn: () => {
      const Made = Legacy as unknown as { new (x: number): { x: number; double(): number }; label: string }
      return [new Made(4).double(), Made.label]
    },
  },
  'a function with properties': { fn: () => [overloaded(1), overloaded.version, overloaded.helper(2)] },
  'names that hide globals': { fn: shadowing(77) as Fn },
  'a tagged template': { fn: (x: number) => tag`a${x}b${factor}c`, args: [1] },
  'a variable of each round of a loop': { fn: loops[2] as Fn },
  'labels, switch and catch': {
    fn: (x: number) => {
      outer: for (const i of [1, 2, 3]) {
        switch (i + x) {
          case factor:
            continue outer
          default:
        }
        try {
          throw new Error(String(i))
        } catch (error) {
          if ((error as Error).message === '3') break
        }
      }
      return (() => factor)()
    },
    args: [1],
  },
  'an import() that is relative': {
    fn: async (x: number) => (await import('./work.ts')).scale(x, 2),
    args: [3],
  },
  'an import() of what is missing': {
    fn: async () => {
      const missing = 'a-package-that-nobody-has'
      return import(missing).catch((error: { code: string }) => error.code.replace('ERR_', ''))
    },
  },
  'a Promise of an error': {
    fn: async () => {
      const failure = await Promise.reject(new TypeError('no')).catch((error: Error) => error)
      return [failure.name, failure.message]
    },
  },
  names: { fn: () => [addFactor.name, factorial.name, Dog.name, methods.scale.name, Legacy.name] },
}

/** What cannot travel: the name that the error must tell, and a word of why or of what to write instead. */
export const refusals: Record<string, Case & { readonly identifier: string; readonly says: string }> = {
  'a native function': { fn: Math.max, identifier: 'max', says: 'native' },
  'a captured native function': {
    fn: (
      (max) => () =>
        max(1, 2)
    )(Math.max),
    identifier: 'max',
    says: 'native',
  },
  'a bound function': { fn: addFactor.bind(null), identifier: 'bound addFactor', says: "calls 'addFactor'" },
  'a promise': {
    fn: (
      (answer) => () =>
        answer
    )(Promise.resolve(1)),
    identifier: 'answer',
    says: 'Await it',
  },
  'a symbol within data': {
    fn: (
      (options) => () =>
        options.key.kind
    )({ key: { kind: Symbol('x') } }),
    identifier: 'options.key.kind',
    says: 'Symbol.for',
  },
  'a WeakMap behind two functions': {
    fn: ((cache) => {
      const look = () => cache
      return () => look()
    })(new WeakMap()),
    identifier: 'cache',
    says: "captures 'look', which captures 'cache'",
  },
  'an arrow function with this': {
    fn: function (this: unknown) {
      return () => this
    }.call({ a: 1 }) as Fn,
    identifier: '',
    says: "'this'",
  },
  'a method with this': { fn: methods.own, identifier: 'own', says: "'this'" },
  'a method with super': { fn: Dog.prototype.speak, identifier: 'speak', says: "'super'" },
  'a method with a private name': {
    fn: Object.getOwnPropertyDescriptor(Animal.prototype, 'name')?.get as Fn,
    identifier: 'get name',
    says: '#name',
  },
  'an instance with a function of its own': {
    fn: (
      (box) => () =>
        box
    )(
      new (class Box {
        readonly run = () => 1
      })(),
    ),
    identifier: 'box.run',
    says: 'is the function run',
  },
  'the arguments of a function around': {
    fn: (function () {
      // biome-ignore lint/complexity/noArguments: it is the case
      return () => arguments.length
    })() as Fn,
    identifier: '',
    says: '...args',
  },
}
