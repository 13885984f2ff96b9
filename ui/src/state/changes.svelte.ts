//! Counts the writes to the workspace: whoever reads `revision` in an effect asks again after one.

import { onChange } from "../ipc/client";

class Changes {
  revision = $state(0);

  constructor() {
    onChange(() => {
      this.revision += 1;
    });
  }
}

export const changes = new Changes();
