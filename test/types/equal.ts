/** True where two types are the same to the compiler, modifiers included. */
export type Equal<A, B> = (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? true : false

/** Fails to compile unless its argument is `true`. */
export const proof = <_T extends true>(): void => {}
