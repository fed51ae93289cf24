"""The whole desk on one machine: what `thaw up` starts, watches over and stops."""
