#!/bin/sh
sleep 987654 &
sleep 987654
