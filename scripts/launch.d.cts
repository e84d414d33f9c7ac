/** Path of the bundle of an entry (a path from the project's root), made if it is missing or stale. */
export declare function bundle(entry: string): string;
/** Runs an entry as a bundle and answers what it exports. */
export declare function launch(entry: string): unknown;
