/** The part of Preact 11 that the page uses. */
export type ComponentChildren = unknown;
export type ComponentType<P = any> = (props: P) => ComponentChildren;
export interface VNode<P = any> {
  type: string | ComponentType<P>;
  props: P;
  key: unknown;
}
export interface RefObject<T> {
  current: T;
}
export function h(type: any, props: Record<string, any> | null, ...children: ComponentChildren[]): VNode;
export function render(vnode: ComponentChildren, parent: Element | DocumentFragment): void;
export const Fragment: ComponentType;
export class Component<P = any, S = any> {
  constructor(props?: P);
  props: P;
  state: S;
  setState(state: Partial<S>): void;
  render(props: P, state: S): ComponentChildren;
}
