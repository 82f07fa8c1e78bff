/** Lanes that one instance ships side by side, each over a connection of its own. */
export const SHIPPED_AT_ONCE = 4;
