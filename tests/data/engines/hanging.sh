#!/bin/sh
# Hangs together with a child; the number tells its processes from others.
sleep 123456 &
sleep 123456
