/** The part of Preact's hooks that the page uses. */
import { RefObject } from "./preact.js";

export type StateUpdater<S> = S | ((previous: S) => S);
export function useState<S>(initial: S | (() => S)): [S, (value: StateUpdater<S>) => void];
export function useRef<T>(initial: T): RefObject<T>;
export function useEffect(effect: () => void | (() => void), inputs?: ReadonlyArray<unknown>): void;
export function useLayoutEffect(effect: () => void | (() => void), inputs?: ReadonlyArray<unknown>): void;
export function useMemo<T>(factory: () => T, inputs: ReadonlyArray<unknown>): T;
export function useCallback<T extends Function>(callback: T, inputs: ReadonlyArray<unknown>): T;
export function useErrorBoundary(callback?: (error: any) => void): [any, () => void];
