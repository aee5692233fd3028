import { expect, test } from 'vitest'
import { functionShape } from '../../views/functions/function-shape.ts'

/** A function's text, and the names that it takes from its surroundings: `!` where it writes them. */
const functions: readonly (readonly [text: string, free: string])[] = [
  ['(a, b) => a + b', ''],
  ['(a, { b = c, ...d } = e, [f] = [g]) => b + d + f', 'c e g'],
  ['(a, { [key]: b }) => b', 'key'],
  ['(x = y) => { var y; return x + y }', 'y'],
  ['(x = () => arguments.length) => x', 'arguments'],
  ['function f(n) { return n ? f(n - 1) : arguments[0] }', ''],
  ['function () { later(); function later() {} }', ''],
  ['() => { if (1) { var v = 1; let l = 2 } return v + l }', 'l'],
  ['() => { { function inner() {} } return inner }', 'inner'],
  ['() => { try { a() } catch ({ message: m }) { m; n } }', 'a n'],
  ['() => { try { a() } catch { b } }', 'a b'],
  ['() => { outer: for (const i of list) { inner: for (;;) { break outer } continue outer } }', 'list'],
  ['() => { for (let i = 0, n = limit; i < n; i++) {} return i }', 'limit i'],
  ['() => { for (const k in o) {} for (x of y) {} for (z.w of q) {} }', 'o x! y z q'],
  ['() => { switch (a) { case b: let c = 1; default: return c } }', 'a b'],
  ['() => ({ k, l: m, [n]: o, p() { return q }, get r() { return s }, async *[t]() {} })', 'k m n o q s t'],
  ['() => p.q.r?.s[t](...u)', 'p t u'],
  [
    '() => { count++; --other; [a.b, c, ...d] = x; ({ e, f: g, h = i } = y); z ??= 1 }',
    'count! other! a c! d! x e! g! h! i y z!',
  ],
  ['() => typeof maybe === "undefined" ? void 0 : delete o.p', 'maybe o'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is a function's text
  ['() => `a${b}${`${c}`}` + tag`d${e}`', 'b c tag e'],
  [
    '() => class A extends B { static s = q; #p = w; static { var e = A; e(); r() } [c]() { return this.#p } }',
    'B q w r c',
  ],
  ['() => { class A { m() { return A } } return A }', ''],
  ['class A extends B { static #n = 1; static has(o) { return #n in o } get g() { return z } }', 'B z'],
  ['class { a = b; static c = (() => d)() }', 'b d'],
  ['async () => { for await (const x of y) await z; using r = open() }', 'y z open'],
  ['function* () { const x = yield a; yield* b(x) }', 'a b'],
  ['async x => x', ''],
  ['() => { const f = function g() { return g }; return [f, g] }', 'g'],
  ['() => { "use strict"; return undefined ?? globalThis }', 'undefined globalThis'],
  ['function (a) { with (a) { b } }', 'b'],
  ['() => import("./x.js", { with: { type } })', 'type'],
  ['() => new.target', ''],
  ['f(x) { return x + y }', 'y'],
  ['async *f(x) { yield y }', 'y'],
  ['get x() { return this.y + z }', 'z'],
  ['[Symbol.iterator]() { return a }', 'a'],
  ['#private(a) { return b }', 'b'],
  ['"a key"(x) { return y }', 'y'],
  ['async(x) { return y }', 'y'],
  ['() => { label: { const label = 1; break label } return label }', 'label'],
  ['() => { let a = 1; { let a = b; } return () => { var a; return a } }', 'b'],
  ['(a) => { const { a: b = a, ...rest } = c; return [b, rest] }', 'c'],
  ['() => /[\\/\\(]x/v.test(s)', 's'],
]

test.each(functions)('%s', (text, free) => {
  const names = [...(functionShape(text)?.free.values() ?? [])].map(({ name, writes }) => (writes ? `${name}!` : name))
  expect(names.sort()).toEqual(free.split(' ').filter(Boolean).sort())
})

test.each([
  ['() => this', { this: true }],
  ['function () { return this }', { this: false }],
  ['function () { return () => this }', { this: false }],
  ['() => { class A { f = this; static g = this; m() { return () => this } } }', { this: false }],
  ['() => class { [this.key]() {} }', { this: true }],
  ['m() { return super.m() }', { super: true }],
  ['() => ({ m() { return super.m() } })', { super: false }],
  ['class A extends B { constructor() { super(); (() => super.x)() } }', { super: false }],
  ['() => new.target', { newTarget: true }],
  ['function () { return () => new.target }', { newTarget: false }],
  ['m(o) { return o.#x }', { privateName: 'x' }],
  ['class A { #x; m() { return class B { #y; n(o) { return o.#x + o.#y } } } }', { privateName: undefined }],
])('what %s takes from around it', (text, outside) => {
  expect(functionShape(text)?.outside).toMatchObject(outside)
})

test.each([
  ['(x) => x', true],
  ['function () { return this }', undefined],
  ['function () { "use strict"; return this }', true],
  ['class A {}', true],
  ['function (a) { with (a) { b } }', false],
  ['() => { delete a.b }', undefined],
  ['() => { unknown = 1 }', undefined],
])('whether %s is strict by itself', (text, strict) => {
  expect(functionShape(text)?.strict).toBe(strict)
})

test.each(['function max() { [native code] }', 'function () {', 'not a function', '() => 1, 2'])(
  '%s is no function',
  (text) => {
    expect(functionShape(text)).toBeUndefined()
  },
)
